#include "ips/action_rules.h"

#include <algorithm>
#include <array>
#include <span>

#include "ips/payload_name.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> kSizes = {"pkg.csize", "pkg.size"};
constexpr std::array<std::string_view, 2> kOwnerGroup = {"owner", "group"};
constexpr std::array<std::string_view, 10> kFileSingle = {
    "chash",   "preserve",      "overlay",          "elfarch", "elfbits",
    "elfhash", "original_name", "preserve-version", "owner",   "group"};
constexpr std::array<std::string_view, 1> kTarget = {"target"};
constexpr std::array<std::string_view, 5> kLinkSingle = {
    "target", "mediator", "mediator-version", "mediator-implementation", "mediator-priority"};
constexpr std::array<std::string_view, 3> kLicenseSingle = {"chash", "must-accept", "must-display"};
constexpr std::array<std::string_view, 8> kUserNumbers = {"uid",  "lastchg",  "min",    "max",
                                                          "warn", "inactive", "expire", "flag"};
constexpr std::array<std::string_view, 14> kUserSingle = {
    "password", "uid", "group", "gcos-field", "home-dir", "login-shell", "ftpuser",
    "lastchg",  "min", "max",   "warn",       "inactive", "expire",      "flag"};
constexpr std::array<std::string_view, 1> kGroup = {"group"};
constexpr std::array<std::string_view, 1> kGid = {"gid"};
constexpr std::array<std::string_view, 6> kLegacySingle = {"category", "desc",   "hotline",
                                                           "name",     "vendor", "version"};
constexpr std::array<std::string_view, 1> kValue = {"value"};
constexpr std::array<std::string_view, 3> kSignatureSingle = {"algorithm", "chash", "value"};
constexpr std::array<std::string_view, 2> kDependRequired = {"type", "fmri"};
constexpr std::array<std::string_view, 4> kDependSingle = {"predicate", "root-image",
                                                           "ignore-check", "type"};

struct Rules {
  Names required, single, numbers;
};

Rules rules_of(ActionType type) {
  switch (type) {
    case ActionType::kFile:
      return {kOwnerGroup, kFileSingle, kSizes};
    case ActionType::kDir:
      return {kOwnerGroup, kOwnerGroup, {}};
    case ActionType::kLink:
    case ActionType::kHardlink:
      return {kTarget, kLinkSingle, {}};
    case ActionType::kLicense:
      return {{}, kLicenseSingle, kSizes};
    case ActionType::kUser:
      return {kGroup, kUserSingle, kUserNumbers};
    case ActionType::kGroup:
      return {{}, kGid, kGid};
    case ActionType::kLegacy:
      return {{}, kLegacySingle, {}};
    case ActionType::kSignature:
      return {kValue, kSignatureSingle, kSizes};
    case ActionType::kDepend:
      return {kDependRequired, kDependSingle, {}};
    case ActionType::kSet:
    case ActionType::kDriver:
    case ActionType::kUnknown:
      break;
  }
  return {};
}

bool contains(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return consists_of_digits(text);
}

void check_attributes(const Action& action, const Rules& rules, Problems& problems) {
  for (const Action::Attribute& attribute : action.attributes()) {
    const std::string& key = attribute.key;
    const bool single =
        key.starts_with("facet.") || key == "reboot-needed" || contains(rules.single, key);
    if (attribute.values.size() > 1 && single) {
      problems.add(fmt::format("{} may only be specified once", key));
    } else if (contains(rules.numbers, key) &&
               (attribute.values.size() > 1 || !is_integer(attribute.values.front()))) {
      problems.add(fmt::format("{} must be an integer", key));
    }
  }
  for (const std::string_view key : rules.required) {
    const std::string* value = action.value(key);
    if (value == nullptr || without_trailing_space(*value).empty()) {
      problems.add(fmt::format("{} is required", key));
    }
  }
}

bool is_mode(std::string_view mode) {
  if (mode.size() < 3 || mode.size() > 5) return false;
  if (mode.size() == 5 && mode.front() != '0') return false;
  return mode.find_first_not_of("01234567") == std::string_view::npos;
}

void check_mode(const Action& action, Problems& problems) {
  const auto* modes = action.values("mode");
  if (modes == nullptr) {
    problems.add("mode is required; value must be of the form '644', '0644', or '04755'.");
  } else if (modes->size() > 1) {
    problems.add("mode may only be specified once");
  } else if (!is_mode(modes->front())) {
    problems.add(
        fmt::format("{} is not a valid mode; value must be of the form '644', '0644', or '04755'.",
                    quoted_for_message(modes->front())));
  }
}

void check_payload_name(std::string_view name, Problems& problems) {
  if (!is_payload_name(name)) {
    problems.add(fmt::format("{} is not a payload hash; it must be 40 or 64 lower-case hex digits",
                             quoted_for_message(name)));
  }
}

void check_payloads(const Action& action, Problems& problems) {
  if (!action.hash().empty()) {
    check_payload_name(action.hash(), problems);
  } else if (action.type() != ActionType::kSignature) {
    problems.add(
        fmt::format("a {} action needs the hash of its payload", type_name(action.type())));
  }
  const auto* chains = action.values("chain");
  if (action.type() != ActionType::kSignature || chains == nullptr) return;
  for (const std::string& chain : *chains) {
    for_each_word(chain, [&](std::string_view name) { check_payload_name(name, problems); });
  }
}

}  // namespace

void Problems::add(std::string_view text) {
  if (full()) return;
  texts_.push_back(line_ == 0 ? std::string(text) : fmt::format("line {}: {}", line_, text));
}

void check_action(const Action& action, Problems& problems) {
  const ActionType type = action.type();
  check_attributes(action, rules_of(type), problems);
  if (type == ActionType::kFile || type == ActionType::kDir) check_mode(action, problems);
  if (has_payload(type)) check_payloads(action, problems);
  if (type == ActionType::kDepend) check_depend(action, problems);
  if (type == ActionType::kLink || type == ActionType::kHardlink) check_link(action, problems);
  if (type == ActionType::kSet) check_set(action, problems);
}

std::vector<std::string> broken_rules(const Action& action) {
  Problems problems;
  check_action(action, problems);
  return problems.take();
}

}  // namespace metaset::ips
