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

#include "metaset/depot/search.h"
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
  SearchEvaluation(store::SearchIndex& index, store::PublisherId publisher, Order order,
                   const SearchPatience& patience)
      : index_(index),
        publisher_(publisher),
        patience_(patience),
        lines_(index, publisher, patience),
        order_(order),
        work_([&index](std::size_t bytes) { index.work(bytes); }) {
    if (order == Order::kAsFound) lines_.prefer_first();
  }
  SearchEvaluation(const SearchEvaluation&) = delete;
  SearchEvaluation& operator=(const SearchEvaluation&) = delete;

  // Of a query that gives actions.
  void actions(const QueryNode& query, const ActionSink& sink) {
    actions(query, LazyPlaces(), Wanted::kAll, sink);
  }
  PackageSet packages(const QueryNode& query);
  // The same by name, one name after the other, and only as far as the visitor wants; who returns
  // false to stop.
  using PackageVisitor = std::function<bool(std::string_view name, const PackageSet& versions)>;
  void packages_by_name(const QueryNode& query, const PackageVisitor& visit);

 private:
  // What is wanted of each document: for its package, one match tells as much as all.
  enum class Wanted { kAll, kOne };
  bool actions(const QueryNode& node, const LazyPlaces& within, Wanted wanted,
               const ActionSink& sink);
  LazyPlaces narrowed(const LazyPlaces& within, const QueryNode& right);
  bool term(const SearchTermMatcher& term, const LazyPlaces& within, Wanted wanted,
            const ActionSink& sink);
  bool filter(const QueryNode& node, const FoundAction& found, const ActionSink& sink);
  std::optional<store::LinePlaces> places(const QueryNode& node);
  // Fields that a word is asked for in. Of the right side of AND they are compared with what the
  // left side found, so they do not narrow it.
  enum class Fields { kOwn, kOfOther };
  // Where the node may be found, by package; nullopt: anywhere, or that takes more rows.
  std::optional<store::ChainPlaces> chains(const QueryNode& node, std::size_t most_rows,
                                           Fields fields = Fields::kOwn);
  bool package(const QueryNode& query, std::string_view name, const SearchLines::Chain& chain,
               const store::LinePlaces* places, const PackageVisitor& visit);
  bool packages_in(const QueryNode& query, const store::ChainPlaces& places, std::string_view first,
                   const PackageVisitor& visit);

  store::SearchIndex& index_;
  store::PublisherId publisher_;
  SearchPatience patience_;
  SearchLines lines_;
  Order order_;
  std::size_t enough_ = ~std::size_t{0};  // packages, of each set
  SearchWork work_;
};

}  // namespace metaset::depot
