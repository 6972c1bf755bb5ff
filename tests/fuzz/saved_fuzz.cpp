// Files that the depot left for itself, and that a full disk or somebody else may have changed: the
// record of an open transaction, how far a verification came.
#include <string>

#include "metaset/depot/transaction.h"

#include "depot/verify_state.h"
#include "fuzz.h"

namespace {

template <typename Saved>
void check(std::string_view text) {
  metaset::fuzz::accepts([&] {
    const std::string written = Saved::from_json(text).to_json();
    metaset::fuzz::require(Saved::from_json(written).to_json() == written);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  check<metaset::depot::TransactionRecord>(text);
  check<metaset::depot::VerifyState>(text);
  return 0;
}
