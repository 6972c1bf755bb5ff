#include "depot/delivered.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace metaset::depot {

namespace {

using ips::ActionType;

constexpr std::size_t kMaxCompared = 500;  // actions for one path; locales and variants are fewer

bool is_path_type(ActionType type) {
  return type == ActionType::kDir || type == ActionType::kFile || type == ActionType::kLink ||
         type == ActionType::kHardlink;
}
bool is_named_type(ActionType type) {
  return type == ActionType::kUser || type == ActionType::kGroup || type == ActionType::kDriver;
}

// What an image has of the thing; other attributes (comments of tools) do not make a difference.
bool counts(ActionType type, std::string_view key) {
  constexpr std::array kDirectory = {"group", "mode", "owner"};
  if (type == ActionType::kDir) return std::ranges::find(kDirectory, key) != kDirectory.end();
  if (type == ActionType::kLink || type == ActionType::kHardlink) return key == "target";
  return !is_condition(key);
}

}  // namespace

bool is_condition(std::string_view key) {
  return key.starts_with("variant.") || key.starts_with("facet.") || key.starts_with("mediator");
}

Delivered::Item Delivered::item_of(const ips::Action& action, std::size_t line) {
  Item item{action.type(), line, {}, {}, action.value("overlay") != nullptr};
  std::vector<std::string> said;
  for (const auto& attribute : action.attributes()) {
    if (is_condition(attribute.key)) {
      Condition condition{attribute.key, attribute.values};
      std::ranges::sort(condition.values);
      item.conditions.push_back(std::move(condition));
    } else if (action.type() != ActionType::kFile && counts(action.type(), attribute.key)) {
      auto values = attribute.values;
      std::ranges::sort(values);
      said.push_back(fmt::format("{}={}", attribute.key, fmt::join(values, "\n")));
    }
  }
  std::ranges::sort(item.conditions);
  std::ranges::sort(said);
  for (const std::string& one : said) item.what += one + "\n";
  return item;
}

void Delivered::note(const ips::Action& action, std::size_t line) {
  const bool path = is_path_type(action.type());
  if (!path && !is_named_type(action.type())) return;
  const std::string* name = action.value(ips::key_attribute(action.type()));
  if (name == nullptr) return;
  Items& items = path ? paths_ : named_things_[action.type()];
  items[*name].push_back(item_of(action, line));
}

// True if no image can get both, or the administrator chooses which.
bool Delivered::apart(const Item& a, const Item& b) {
  std::vector<Condition> choice_a, choice_b;
  const auto choices = [](const Item& item, std::vector<Condition>& out) {
    for (const Condition& c : item.conditions) {
      if (!c.key.starts_with("variant.")) out.push_back(c);
    }
  };
  choices(a, choice_a);
  choices(b, choice_b);
  if (choice_a != choice_b) return true;
  return std::ranges::any_of(a.conditions, [&](const Condition& x) {
    if (!x.key.starts_with("variant.")) return false;
    return std::ranges::any_of(b.conditions, [&](const Condition& y) {
      return x.key == y.key && std::ranges::find_first_of(x.values, y.values) == x.values.end();
    });
  });
}

bool Delivered::may_repeat(const Item& a, const Item& b) {
  if (a.type != b.type) return false;
  if (a.type == ActionType::kFile) return a.overlay && b.overlay;
  return a.what == b.what;
}

std::string Delivered::contradiction(const std::string& name, const std::vector<Item>& items) {
  const std::size_t count = std::min(items.size(), kMaxCompared);
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Item &first = items[j], &second = items[i];
      if (may_repeat(first, second) || apart(first, second)) continue;
      const std::string_view x = ips::type_name(first.type), y = ips::type_name(second.type);
      if (x != y) {
        return fmt::format("lines {} and {}: '{}' is a {} and a {}", first.line, second.line, name,
                           x, y);
      }
      return fmt::format("lines {} and {}: {} '{}' is delivered twice{}", first.line, second.line,
                         x, name, first.type == ActionType::kFile ? "" : ", differently");
    }
  }
  return {};
}

// A file where something else needs a directory.
void Delivered::find_files_with_content(const Items& paths, std::vector<std::string>& result) {
  for (const auto& [path, items] : paths) {
    const auto below = paths.lower_bound(path + "/");
    if (below == paths.end() || !below->first.starts_with(path + "/")) continue;
    for (const Item& item : items) {
      if (item.type != ActionType::kFile || apart(item, below->second.front())) continue;
      result.push_back(fmt::format("lines {} and {}: '{}' is a file, and '{}' is below it",
                                   item.line, below->second.front().line, path, below->first));
      break;
    }
  }
}

std::vector<std::string> Delivered::contradictions() const {
  std::vector<std::string> result;
  const auto judge = [&](const Items& things) {
    for (const auto& [name, items] : things) {
      std::string text = contradiction(name, items);
      if (!text.empty()) result.push_back(std::move(text));
    }
  };
  judge(paths_);
  find_files_with_content(paths_, result);
  for (const auto& [type, things] : named_things_) judge(things);
  return result;
}

}  // namespace metaset::depot
