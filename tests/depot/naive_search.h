// Search as slowly as it is defined (protocol/search.md section 2.3): what the real one is compared
// with.
#pragma once

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "metaset/ips/manifest.h"
#include "metaset/ips/search_pattern.h"
#include "metaset/ips/search_query.h"
#include "metaset/ips/search_tokens.h"
#include "metaset/store/view.h"

namespace metaset::depot {

using ips::SearchNode;

// ---- what is in a metaset, read without the index
struct SeenAction {
  std::string package;  // name@version
  std::string line;
  ips::Action action;
};
inline std::vector<SeenAction> all_actions(const store::View& view, store::PublisherId publisher) {
  std::vector<SeenAction> actions;
  view.for_each(publisher, [&](std::string_view name, const store::PackageEntry& entry) {
    std::set<std::string> seen;
    ips::for_each_line(view.manifest(entry.manifest)->text(), [&](std::string_view line) {
      if (!seen.emplace(line).second) return;
      actions.push_back(
          {std::string(name) + "@" + entry.version, std::string(line), ips::Action::parse(line)});
    });
    return true;
  });
  return actions;
}

// ---- search.md section 2.3, as slowly as it is written
struct NaiveResult {
  const SeenAction* at = nullptr;
  std::string value, key;
};
class NaiveSearch {
 public:
  NaiveSearch(const std::vector<SeenAction>& actions, bool case_sensitive)
      : actions_(actions), case_sensitive_(case_sensitive) {}

  std::vector<NaiveResult> actions(const SearchNode& node) const {
    if (node.kind == SearchNode::Kind::kTerm) return term(node.term);
    std::vector<NaiveResult> left = actions(node.children[0]);
    if (node.kind == SearchNode::Kind::kAnd) return filter(node.children[1], left);
    for (const NaiveResult& one : actions(node.children[1])) left.push_back(one);
    return left;
  }
  std::set<std::string> packages(const SearchNode& node) const {
    std::set<std::string> result;
    if (node.kind == SearchNode::Kind::kPackages) {
      if (node.children[0].gives_packages()) return packages(node.children[0]);
      for (const NaiveResult& one : actions(node.children[0])) result.insert(one.at->package);
      return result;
    }
    const auto left = packages(node.children[0]);
    const auto right = packages(node.children[1]);
    const auto into = std::inserter(result, result.end());
    node.kind == SearchNode::Kind::kAnd ? (void)std::ranges::set_intersection(left, right, into)
                                        : (void)std::ranges::set_union(left, right, into);
    return result;
  }

 private:
  static std::string first_word(const ips::SearchTerm& term) {
    const std::size_t blank = term.text.find(' ');
    if (!term.phrase || blank == std::string::npos) return term.text;
    return term.text.substr(0, blank) + "*";
  }
  std::string cased(std::string_view text) const {
    return case_sensitive_ ? std::string(text) : ips::fold_case(text);
  }
  bool has_phrase(const ips::SearchTerm& term, std::string_view text) const {
    return !term.phrase || cased(text).find(cased(term.text)) != std::string::npos;
  }
  static bool is_of_package(const ips::SearchTerm& term, const SeenAction& one) {
    return term.package.empty() ||
           ips::matches_glob(ips::fold_case(one.package), ips::fold_case(term.package));
  }
  static bool has_field(const ips::SearchTerm& term, std::string_view type, std::string_view key) {
    return (term.type.empty() || term.type == type) && (term.key.empty() || term.key == key);
  }
  std::vector<NaiveResult> term(const ips::SearchTerm& term) const {
    const ips::SearchPattern pattern(first_word(term), case_sensitive_);
    std::vector<NaiveResult> results;
    for (const SeenAction& one : actions_) {
      if (!is_of_package(term, one) || !has_phrase(term, one.line)) continue;
      ips::for_each_search_tuple(one.action, [&](const ips::SearchTuple& tuple) {
        if (!has_field(term, ips::type_name(tuple.type), tuple.key)) return;
        if (!pattern.matches(tuple.token)) return;
        std::string value(tuple.shown());
        if (term.phrase && tuple.type == ips::ActionType::kSet && !has_phrase(term, value)) {
          value = cased(term.text);
        }
        results.push_back({&one, value, std::string(tuple.key)});
      });
    }
    return results;
  }
  bool matches(const ips::SearchTerm& term, const NaiveResult& result) const {
    const SeenAction& one = *result.at;
    if (!is_of_package(term, one) || !has_phrase(term, one.line)) return false;
    if (!has_field(term, ips::type_name(one.action.type()), result.key)) return false;
    const ips::SearchPattern pattern(first_word(term), case_sensitive_);
    bool found = false;
    ips::for_each_search_tuple(one.action, [&](const ips::SearchTuple& tuple) {
      found = found || pattern.matches(tuple.token);
    });
    return found;
  }
  std::vector<NaiveResult> filter(const SearchNode& node,
                                  const std::vector<NaiveResult>& from) const {
    if (node.kind == SearchNode::Kind::kAnd) {
      return filter(node.children[1], filter(node.children[0], from));
    }
    std::vector<NaiveResult> results;
    for (const NaiveResult& one : from) {
      if (node.kind == SearchNode::Kind::kTerm) {
        if (matches(node.term, one)) results.push_back(one);
        continue;
      }
      for (const SearchNode& child : node.children) {
        for (const NaiveResult& again : filter(child, {one})) results.push_back(again);
      }
    }
    return results;
  }

  const std::vector<SeenAction>& actions_;
  bool case_sensitive_;
};

}  // namespace metaset::depot
