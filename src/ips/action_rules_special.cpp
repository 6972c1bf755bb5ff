#include <algorithm>
#include <array>

#include "metaset/ips/fmri.h"

#include "ips/action_rules.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

constexpr std::array<std::string_view, 10> kDependTypes = {
    "conditional", "exclude", "group",  "group-any", "incorporate",
    "optional",    "origin",  "parent", "require",   "require-any"};
constexpr std::array<std::string_view, 6> kSingleNames = {
    "pkg.summary", "pkg.obsolete",    "pkg.renamed",
    "pkg.legacy",  "pkg.description", "pkg.depend.explicit-install"};

// The FMRI may be partial: a name alone, or a version without timestamp.
void check_fmris(const Action& action, std::string_view key, Problems& problems) {
  const auto* values = action.values(key);
  if (values == nullptr) return;
  for (const std::string& value : *values) {
    try {
      Fmri::parse(value);
    } catch (const Error& error) {
      problems.add(fmt::format("invalid {} value: {}", key, error.message()));
    }
  }
}

std::string_view value_or_empty(const Action& action, std::string_view key) {
  const std::string* value = action.value(key);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

bool is_version(std::string_view text) {
  try {
    Version::parse(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool is_mediator(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return is_alphanumeric(c) || c == '-'; });
}

// name [ "@" version ]
bool is_mediator_implementation(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (!is_mediator(text.substr(0, at))) return false;
  return at == std::string_view::npos || is_version(text.substr(at + 1));
}

void check_mediator_value(const Action& action, std::string_view key,
                          bool (*is_valid)(std::string_view), Problems& problems) {
  const std::string* value = action.value(key);
  if (value != nullptr && !is_valid(*value)) {
    problems.add(fmt::format("{} is not a valid {}", quoted_for_message(*value), key));
  }
}

}  // namespace

bool is_dependency_type(std::string_view type) {
  return std::find(kDependTypes.begin(), kDependTypes.end(), type) != kDependTypes.end();
}

void check_depend(const Action& action, Problems& problems) {
  const std::string_view type = value_or_empty(action, "type");
  if (!type.empty() && !is_dependency_type(type)) {
    problems.add(fmt::format("Unknown type {} in depend action", quoted_for_message(type)));
  }
  const auto* fmris = action.values("fmri");
  if (fmris != nullptr && fmris->size() > 1 && type != "group-any" && type != "require-any") {
    problems.add("fmri may only be specified once");
  }
  const bool has_predicate = action.value("predicate") != nullptr;
  if (type == "conditional" && !has_predicate) problems.add("predicate is required");
  if (type != "conditional" && has_predicate) {
    problems.add("a predicate may only be specified for conditional dependencies");
  }
  if (type != "origin" && action.value("root-image") != nullptr) {
    problems.add("the root-image attribute is only valid for origin dependencies");
  }
  check_fmris(action, "predicate", problems);
  check_fmris(action, "fmri", problems);
}

void check_link(const Action& action, Problems& problems) {
  const std::string_view version = value_or_empty(action, "mediator-version");
  const std::string_view implementation = value_or_empty(action, "mediator-implementation");
  const std::string_view priority = value_or_empty(action, "mediator-priority");
  const std::string* mediator = action.value("mediator");
  if (mediator == nullptr && version.empty() && implementation.empty() && priority.empty()) return;
  if (mediator == nullptr || mediator->empty()) {
    problems.add(
        "a mediator must be provided when mediator-version, mediator-implementation, or "
        "mediator-priority is specified");
  } else {
    check_mediator_value(action, "mediator", is_mediator, problems);
  }
  if (version.empty() && implementation.empty()) {
    problems.add(
        "a mediator-version or mediator-implementation must be provided if a mediator is "
        "specified");
  }
  check_mediator_value(action, "mediator-version", is_version, problems);
  check_mediator_value(action, "mediator-implementation", is_mediator_implementation, problems);
  check_mediator_value(
      action, "mediator-priority",
      [](std::string_view text) { return text == "site" || text == "vendor"; }, problems);
}

void check_set(const Action& action, Problems& problems) {
  const std::string& name = *action.value("name");
  const bool single =
      std::find(kSingleNames.begin(), kSingleNames.end(), name) != kSingleNames.end();
  if (single && action.values("value")->size() > 1) {
    problems.add(fmt::format("{} may have only one value", name));
  }
  if (name.starts_with("pkg.additional-")) check_fmris(action, "value", problems);
  const std::size_t colon = name.find(':');
  if (colon != std::string::npos) {
    const std::string locale = name.substr(colon + 1, name.find(':', colon + 1) - colon - 1);
    if (!is_locale_name(locale)) {
      problems.add(
          fmt::format("illegal locale {} in the name of a set action", quoted_for_message(locale)));
    }
  }
}

}  // namespace metaset::ips
