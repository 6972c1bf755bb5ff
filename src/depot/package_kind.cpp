#include "depot/package_kind.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"

namespace metaset::depot {

namespace {

struct Kind {
  bool obsolete = false, renamed = false;
  bool other = false;              // actions that an obsolete package cannot have
  bool more_than_renamed = false;  // actions that a renamed package cannot have
};

bool sets_true(const ips::Action& action, std::string_view name) {
  if (action.type() != ips::ActionType::kSet) return false;
  const std::string* key = action.value("name");
  const std::string* value = action.value("value");
  return key != nullptr && *key == name && value != nullptr && *value == "true";
}

bool fits_obsolete(ips::ActionType type) {
  return type == ips::ActionType::kSet || type == ips::ActionType::kSignature;
}

bool fits_renamed(ips::ActionType type) {
  return fits_obsolete(type) || type == ips::ActionType::kDepend;
}

Kind kind_of(std::string_view manifest) {
  Kind kind;
  ips::for_each_action(manifest, [&kind](ips::Action&& action, std::size_t) {
    kind.obsolete = kind.obsolete || sets_true(action, "pkg.obsolete");
    kind.renamed = kind.renamed || sets_true(action, "pkg.renamed");
    kind.other = kind.other || !fits_obsolete(action.type());
    kind.more_than_renamed = kind.more_than_renamed || !fits_renamed(action.type());
  });
  return kind;
}

[[noreturn]] void refuse(const ips::Action& action, std::string_view package) {
  throw Error(Code::kInvalid, fmt::format("A '{}' action cannot be present in {} package: {}",
                                          ips::type_name(action.type()), package, action.text()));
}

}  // namespace

void check_kind(std::string_view manifest, const ips::Action& action) {
  const Kind kind = kind_of(manifest);
  const bool obsolete = sets_true(action, "pkg.obsolete");
  const bool renamed = sets_true(action, "pkg.renamed");
  if ((obsolete && (kind.renamed || renamed)) || (renamed && kind.obsolete)) {
    throw Error(Code::kInvalid, "A package may not be marked for both obsoletion and renaming.");
  }
  if (obsolete && kind.other) {
    throw Error(Code::kInvalid,
                "An obsolete package cannot contain actions other than 'set' and 'signature'.");
  }
  if (renamed && kind.more_than_renamed) {
    throw Error(Code::kInvalid,
                "A renamed package cannot contain actions other than 'set', "
                "'signature' and 'depend'.");
  }
  if (kind.obsolete && !fits_obsolete(action.type())) refuse(action, "an obsolete");
  if (kind.renamed && !fits_renamed(action.type())) refuse(action, "a renamed");
}

void require_signatures(std::string_view lines) {
  ips::for_each_action(lines, [](ips::Action&& action, std::size_t) {
    if (action.type() == ips::ActionType::kSignature) return;
    throw Error(Code::kInvalid, "Only a signature can be appended to an existing package");
  });
}

}  // namespace metaset::depot
