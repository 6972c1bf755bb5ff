#include "damage_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli.h"

namespace metaset::app {

namespace {
constexpr std::size_t kShownPackages = 3;  // with one damage, for people
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
  return text;
}

std::string damage_line(const depot::Damage& damage) {
  std::string text =
      fmt::format("{}: {}: {}", damage_kind_name(damage.kind), damage.what, damage.reason);
  // Most often a package's own FMRI is all there is to say.
  if (damage.needed_by.empty() || damage.needed_by.front() == damage.what) return one_line(text);
  for (std::size_t i = 0; i < std::min(kShownPackages, damage.needed_by.size()); ++i) {
    text += (i == 0 ? "; needed by " : ", ") + damage.needed_by[i];
  }
  if (damage.needed_by_count > kShownPackages) {
    text += fmt::format(" and {} more", damage.needed_by_count - kShownPackages);
  }
  return one_line(text);
}

rapidjson::Value damage_json(const depot::Damage& damage, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("kind", json_text(damage_kind_name(damage.kind), json), allocator);
  item.AddMember("what", json_text(damage.what, json), allocator);
  item.AddMember("reason", json_text(damage.reason, json), allocator);
  rapidjson::Value packages(rapidjson::kArrayType);
  for (const std::string& fmri : damage.needed_by) {
    packages.PushBack(json_text(fmri, json), allocator);
  }
  item.AddMember("needed-by", packages, allocator);
  item.AddMember("needed-by-count", damage.needed_by_count, allocator);
  return item;
}

}  // namespace metaset::app
