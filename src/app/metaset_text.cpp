#include "metaset_text.h"

#include "cli.h"

namespace metaset::app {

std::string change_counts(const store::MetasetRecord& record) {
  return "+" + std::to_string(record.added()) + " -" + std::to_string(record.removed());
}

}  // namespace metaset::app
