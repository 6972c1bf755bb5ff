// A query evaluated against the index (protocol/search.md section 2.3). Private to the operations.
// Thread-safety: one thread.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metaset/ips/search_query.h"
#include "metaset/store/search_index.h"

#include "depot/search_lines.h"
#include "depot/search_term.h"

namespace metaset::depot {

// An action that was found, on its way through the tree. Dies with the call that it is given to.
struct FoundAction {
  const SearchMatch& match;
  std::string_view name, line;
  const ips::Action& action;
  const FoundDocument& document;
};
using ActionSink = std::function<bool(const FoundAction& found)>;  // false: enough
using PackageSet = std::set<std::pair<std::string, std::string>>;  // "name@version", name

// The tree with its leaves made ready.
struct QueryNode {
  ips::SearchNode::Kind kind = ips::SearchNode::Kind::kTerm;
  std::optional<SearchTermMatcher> term;
  std::vector<QueryNode> children;
  bool gives_packages() const;
};
QueryNode prepare_query(const ips::SearchNode& node, bool case_sensitive);

class SearchEvaluation {
 public:
  enum class Order { kByToken, kAsFound };
  SearchEvaluation(store::SearchIndex& index, store::PublisherId publisher, Order order)
      : index_(index), lines_(index, publisher), order_(order) {}
  // Of a query that gives actions.
  void actions(const QueryNode& query, const ActionSink& sink) { actions(query, nullptr, sink); }
  PackageSet packages(const QueryNode& query);

 private:
  bool actions(const QueryNode& node, const store::LinePlaces* within, const ActionSink& sink);
  bool term(const SearchTermMatcher& term, const store::LinePlaces* within, const ActionSink& sink);
  bool filter(const QueryNode& node, const FoundAction& found, const ActionSink& sink);
  std::optional<store::LinePlaces> places(const QueryNode& node);

  store::SearchIndex& index_;
  SearchLines lines_;
  Order order_;
};

}  // namespace metaset::depot
