// A query evaluated against the index (protocol/search.md section 2.3). Private to the operations.
// Thread-safety: one thread.
#pragma once

#include <functional>
#include <memory>
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

// Lines that are looked at; none: all.
using WithinPlaces = std::shared_ptr<const store::LinePlaces>;

// The tree with its leaves made ready.
struct QueryNode {
  ips::SearchNode::Kind kind = ips::SearchNode::Kind::kTerm;
  std::optional<SearchTermMatcher> term;
  std::vector<QueryNode> children;
  bool gives_packages() const;
  // How many sets of results there are at once while it is evaluated, if the child that needs more
  // comes first: few, whatever the form of the tree.
  std::size_t sets() const;
  const QueryNode& first_child() const;
  const QueryNode& other_child(const QueryNode& first) const;
};
QueryNode prepare_query(const ips::SearchNode& node, bool case_sensitive);

class SearchEvaluation {
 public:
  enum class Order { kByToken, kAsFound };
  SearchEvaluation(store::SearchIndex& index, store::PublisherId publisher, Order order)
      : index_(index),
        lines_(index, publisher),
        order_(order),
        work_([&index](std::size_t bytes) { index.work(bytes); }) {}
  SearchEvaluation(const SearchEvaluation&) = delete;
  SearchEvaluation& operator=(const SearchEvaluation&) = delete;

  // Of a query that gives actions.
  void actions(const QueryNode& query, const ActionSink& sink) {
    actions(query, WithinPlaces(), Wanted::kAll, sink);
  }
  PackageSet packages(const QueryNode& query);

 private:
  // What is wanted of each document: for its package, one match tells as much as all.
  enum class Wanted { kAll, kOne };
  bool actions(const QueryNode& node, WithinPlaces within, Wanted wanted, const ActionSink& sink);
  WithinPlaces narrowed(WithinPlaces within, const QueryNode& right);
  bool term(const SearchTermMatcher& term, const store::LinePlaces* within, Wanted wanted,
            const ActionSink& sink);
  bool filter(const QueryNode& node, const FoundAction& found, const ActionSink& sink);
  std::optional<store::LinePlaces> places(const QueryNode& node);

  store::SearchIndex& index_;
  SearchLines lines_;
  Order order_;
  SearchWork work_;
};

}  // namespace metaset::depot
