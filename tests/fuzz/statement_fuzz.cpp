// Signed statements: what is accepted is printed as it was.
#include <string>

#include "metaset/store/statement.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  metaset::fuzz::accepts(
      [&] { metaset::fuzz::require(metaset::store::Statement::parse(text).text() == text); });
  return 0;
}
