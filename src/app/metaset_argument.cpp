#include "metaset_argument.h"

#include <charconv>

#include "metaset/base/error.h"

namespace metaset::app {

store::MetasetNumber resolve_metaset(const lmdb::Env& /*env*/, const lmdb::Txn& /*txn*/,
                                     std::string_view text) {
  store::MetasetNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(Code::kUsage, "'" + std::string(text) + "' is not the number of a metaset");
  }
  return number;
}

}  // namespace metaset::app
