#include "metaset/ips/action.h"

#include <algorithm>
#include <array>

#include "metaset/base/quantity.h"

#include "ips/text.h"

namespace metaset::ips {
namespace {

struct TypeInfo {
  std::string_view name;
  std::string_view key;
  bool payload;
};

// In the order of ActionType.
constexpr std::array<TypeInfo, 13> kTypes = {{
    {"set", "name", false},
    {"depend", "fmri", false},
    {"dir", "path", false},
    {"file", "path", true},
    {"link", "path", false},
    {"hardlink", "path", false},
    {"license", "license", true},
    {"driver", "name", false},
    {"user", "username", false},
    {"group", "groupname", false},
    {"legacy", "pkg", false},
    {"signature", "value", true},
    {"unknown", "", false},
}};
static_assert(static_cast<std::size_t>(ActionType::kUnknown) + 1 == kTypes.size());

const TypeInfo& info(ActionType type) { return kTypes.at(static_cast<std::size_t>(type)); }

}  // namespace

std::string_view type_name(ActionType type) { return info(type).name; }

std::optional<ActionType> type_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].name == name) return static_cast<ActionType>(i);
  }
  return std::nullopt;
}

bool has_payload(ActionType type) { return info(type).payload; }
std::string_view key_attribute(ActionType type) { return info(type).key; }

const std::vector<std::string>* Action::values(std::string_view key) const {
  for (const Attribute& attribute : attributes_) {
    if (attribute.key == key) return &attribute.values;
  }
  return nullptr;
}

const std::string* Action::value(std::string_view key) const {
  const auto* all = values(key);
  return all == nullptr || all->empty() ? nullptr : &all->front();
}

void Action::add(std::string key, std::string value) {
  for (Attribute& attribute : attributes_) {
    if (attribute.key == key) {
      attribute.values.push_back(std::move(value));
      return;
    }
  }
  Attribute& attribute = attributes_.emplace_back();
  attribute.key = std::move(key);
  attribute.values.push_back(std::move(value));
}

void Action::set(std::string key, std::string value) {
  for (Attribute& attribute : attributes_) {
    if (attribute.key == key) {
      attribute.values.clear();
      attribute.values.push_back(std::move(value));
      return;
    }
  }
  add(std::move(key), std::move(value));
}

void Action::erase(std::string_view key) {
  std::erase_if(attributes_, [key](const Attribute& attribute) { return attribute.key == key; });
}

std::uint64_t installed_size(const Action& action) {
  if (action.type() != ActionType::kFile && action.type() != ActionType::kLicense) return 0;
  const std::string* size = action.value("pkg.size");
  return size == nullptr ? 0 : number_or_zero(*size);
}

}  // namespace metaset::ips
