#include "depot/diff_actions.h"

#include <algorithm>
#include <limits>
#include <span>
#include <tuple>

#include "metaset/ips/manifest.h"

#include "depot/delivered.h"

namespace metaset::depot {

namespace {

constexpr std::int64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

struct ComparedAction {
  std::string place;       // type and key attribute
  std::string conditions;  // which images it is for
  std::string text;        // canonical
  std::uint64_t size = 0;
};
using ComparedActions = std::vector<ComparedAction>;

ComparedAction compared(const ips::Action& action) {
  ComparedAction result;
  result.place.push_back(static_cast<char>(action.type()));
  if (const auto* key = action.values(ips::key_attribute(action.type()))) {
    for (const std::string& value : *key) result.place.append(value).push_back('\0');
  }
  ips::Action conditions(action.type(), {});
  for (const auto& [key, values] : action.attributes()) {
    if (!is_condition(key)) continue;
    for (const std::string& value : values) conditions.add(key, value);
  }
  if (!conditions.attributes().empty()) result.conditions = conditions.text();
  result.text = action.text();
  result.size = ips::installed_size(action);
  return result;
}

ComparedActions compared_actions(std::string_view manifest) {
  ComparedActions result;
  ips::for_each_action(
      manifest, [&](ips::Action&& action, std::size_t) { result.push_back(compared(action)); });
  std::ranges::sort(
      result, {}, [](const ComparedAction& a) { return std::tie(a.place, a.conditions, a.text); });
  return result;
}

// Walks through two sorted lists; what has the same key in both is given to `pair` and leaves them.
template <typename Key, typename Pair>
void take_pairs(ComparedActions& before, ComparedActions& after, const Key& key, const Pair& pair) {
  ComparedActions left_before, left_after;
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() && b != after.end()) {
    if (key(*a) < key(*b)) {
      left_before.push_back(std::move(*a++));
    } else if (key(*b) < key(*a)) {
      left_after.push_back(std::move(*b++));
    } else {
      pair(std::move(*a++), std::move(*b++));
    }
  }
  std::move(a, before.end(), std::back_inserter(left_before));
  std::move(b, after.end(), std::back_inserter(left_after));
  before = std::move(left_before);
  after = std::move(left_after);
}

// Within the type, as sums are.
std::int64_t size_change(std::uint64_t before, std::uint64_t after) {
  const std::uint64_t distance = std::max(before, after) - std::min(before, after);
  const auto change =
      static_cast<std::int64_t>(std::min(distance, static_cast<std::uint64_t>(kMaxSize)));
  return after < before ? -change : change;
}

struct PlacedDiff {
  std::string place;
  ActionDiff diff;
};

}  // namespace

std::int64_t add_sizes(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return std::max(sum, -kMaxSize);
  return a < 0 ? -kMaxSize : kMaxSize;
}

std::vector<ActionDiff> diff_actions(std::string_view before, std::string_view after) {
  ComparedActions old = compared_actions(before);
  ComparedActions now = compared_actions(after);
  std::vector<PlacedDiff> found;
  const auto changed = [&](ComparedAction&& a, ComparedAction&& b) {
    found.push_back({std::move(a.place),
                     {ActionChange::kChanged,
                      std::move(b.text),
                      std::move(a.text),
                      size_change(a.size, b.size),
                      {}}});
  };
  take_pairs(
      old, now, [](const auto& a) { return std::tie(a.place, a.conditions, a.text); },
      [](auto&&, auto&&) {});
  take_pairs(
      old, now, [](const auto& a) { return std::tie(a.place, a.conditions); }, changed);
  take_pairs(
      old, now, [](const auto& a) { return std::tie(a.place); }, changed);
  for (ComparedAction& a : old) {
    found.push_back({std::move(a.place),
                     {ActionChange::kRemoved, std::move(a.text), {}, size_change(a.size, 0), {}}});
  }
  for (ComparedAction& a : now) {
    found.push_back({std::move(a.place),
                     {ActionChange::kAdded, std::move(a.text), {}, size_change(0, a.size), {}}});
  }
  std::ranges::stable_sort(found, {}, &PlacedDiff::place);
  std::vector<ActionDiff> result;
  result.reserve(found.size());
  for (PlacedDiff& one : found) result.push_back(std::move(one.diff));
  return result;
}

}  // namespace metaset::depot
