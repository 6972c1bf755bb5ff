// What one package delivers to an image, and which of its actions contradict each other. Private.
//
// Actions may stand side by side if no image gets both (different values of a variant), if the
// administrator chooses (facets, mediators), or if they say the same of a thing that several may
// deliver: directories, links, users, groups and drivers, but not files.
// Memory: a path and a few words for each action. Thread-safety: one thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/action.h"

namespace metaset::depot {

// variant.*, facet.*, mediator*: for which images an action is.
bool is_condition(std::string_view key);

class Delivered {
 public:
  void note(const ips::Action& action, std::size_t line);
  // Every contradiction, one for each thing that is delivered, as a line of text.
  std::vector<std::string> contradictions() const;

 private:
  struct Condition {
    std::string key;
    std::vector<std::string> values;  // sorted
    auto operator<=>(const Condition&) const = default;
  };
  struct Item {
    ips::ActionType type;
    std::size_t line;
    std::string what;                   // all that has to be equal
    std::vector<Condition> conditions;  // variants, facets and mediators, sorted
    bool overlay = false;
  };
  using Items = std::map<std::string, std::vector<Item>>;
  static Item item_of(const ips::Action& action, std::size_t line);
  static bool apart(const Item& a, const Item& b);
  static bool may_repeat(const Item& a, const Item& b);
  static std::string contradiction(const std::string& name, const std::vector<Item>& items);
  static void find_files_with_content(const Items& paths, std::vector<std::string>& result);

  Items paths_;                                    // dir, file, link, hardlink
  std::map<ips::ActionType, Items> named_things_;  // user, group, driver
};

}  // namespace metaset::depot
