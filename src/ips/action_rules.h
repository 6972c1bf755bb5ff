// What publication demands of each action (protocol/formats.md section 3.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/action.h"

namespace metaset::ips {

// Collects the first broken rules, one line of text each.
class Problems {
 public:
  // Problems added from here on belong to this line; 0: to the whole manifest.
  void set_line(std::size_t line) { line_ = line; }
  void add(std::string_view text);
  bool full() const { return texts_.size() >= kMax; }
  std::vector<std::string> take() { return std::move(texts_); }

 private:
  static constexpr std::size_t kMax = 100;
  std::size_t line_ = 0;
  std::vector<std::string> texts_;
};

void check_action(const Action& action, Problems& problems);

// "require", "optional" and so on (protocol/formats.md section 3.2).
bool is_dependency_type(std::string_view type);

// The rules for single types that a table cannot express.
void check_depend(const Action& action, Problems& problems);
void check_link(const Action& action, Problems& problems);
void check_set(const Action& action, Problems& problems);

}  // namespace metaset::ips
