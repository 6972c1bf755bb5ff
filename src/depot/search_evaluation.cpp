#include "depot/search_evaluation.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

namespace metaset::depot {

namespace {

using NodeKind = ips::SearchNode::Kind;

constexpr std::size_t kMatchesAtOnce = 10'000;  // of one line

// Results of one term until they are sorted: what is found in a line once for all its documents.
class SortedMatches {
 public:
  SortedMatches(const ActionSink& sink, bool sorted) : sink_(sink), given_up_(!sorted) {}

  // May be called several times with a line.
  bool add(const FoundLine& line, std::vector<SearchMatch>&& matches) {
    if (given_up_) return emit(line.name, line.text, line.action, line.documents, matches);
    auto kept = std::make_shared<Line>(
        Line{std::string(line.name), std::string(line.text), line.action, {}});
    for (const FoundDocument* document : line.documents) kept->documents.push_back(*document);
    count_ += matches.size() * line.documents.size();
    bytes_ += line.text.size() + line.documents.size() * sizeof(FoundDocument);
    for (SearchMatch& match : matches) {
      bytes_ += match.token.size();
      found_.push_back({std::move(match), kept});
    }
    if (count_ <= kSortedResults && bytes_ <= kSortedBytes) return true;
    given_up_ = true;
    return flush();
  }
  bool flush() {
    std::ranges::stable_sort(
        found_, [](const Found& a, const Found& b) { return a.match.token < b.match.token; });
    for (const Found& one : found_) {
      for (const FoundDocument& document : one.line->documents) {
        const FoundAction found{one.match, one.line->name, one.line->text, one.line->action,
                                document};
        if (!sink_(found)) return false;
      }
    }
    found_.clear();
    return true;
  }

 private:
  struct Line {
    std::string name, text;
    ips::Action action;
    std::vector<FoundDocument> documents;
  };
  struct Found {
    SearchMatch match;
    std::shared_ptr<const Line> line;
  };
  bool emit(std::string_view name, std::string_view text, const ips::Action& action,
            const std::vector<const FoundDocument*>& documents,
            const std::vector<SearchMatch>& matches) {
    for (const SearchMatch& match : matches) {
      for (const FoundDocument* document : documents) {
        if (!sink_({match, name, text, action, *document})) return false;
      }
    }
    return true;
  }

  const ActionSink& sink_;
  std::vector<Found> found_;
  std::size_t count_ = 0, bytes_ = 0;
  bool given_up_;  // too many to sort: they go on as they come
};

store::LinePlaces in_any(const store::LinePlaces& a, const store::LinePlaces& b) {
  store::LinePlaces result;
  std::ranges::set_union(a, b, std::back_inserter(result));
  return result;
}

store::LinePlaces places_in(const store::ChainPlaces& set, store::ChainId chain) {
  if (!std::ranges::binary_search(set.chains, chain)) return {};
  return set.places(chain);
}

store::ChainPlaces in_chains_of_any(const store::ChainPlaces& a, const store::ChainPlaces& b) {
  store::ChainPlaces result;
  std::ranges::set_union(a.chains, b.chains, std::back_inserter(result.chains));
  result.places = [a, b](store::ChainId chain) {
    return in_any(places_in(a, chain), places_in(b, chain));
  };
  return result;
}

store::ChainPlaces in_chains_of_both(const store::ChainPlaces& a, const store::ChainPlaces& b) {
  store::ChainPlaces result = in_chains_of_any(a, b);
  result.chains.clear();
  std::ranges::set_intersection(a.chains, b.chains, std::back_inserter(result.chains));
  return result;
}

store::ChainPlaces in_lines_of_both(const store::ChainPlaces& a, const store::ChainPlaces& b) {
  store::ChainPlaces result;
  std::ranges::set_intersection(a.chains, b.chains, std::back_inserter(result.chains));
  result.places = [a, b](store::ChainId chain) {
    return store::in_both(a.places(chain), b.places(chain));
  };
  return result;
}

}  // namespace

bool QueryNode::gives_packages() const {
  if (kind == NodeKind::kTerm) return false;
  return kind == NodeKind::kPackages || children.front().gives_packages();
}

std::size_t QueryNode::sets() const {
  if (kind == NodeKind::kTerm) return 1;
  const std::size_t left = children.front().sets();
  const std::size_t right = children.back().sets();
  return children.size() == 2 && left == right ? left + 1 : std::max(left, right);
}

const QueryNode& QueryNode::first_child() const {
  return children.front().sets() < children.back().sets() ? children.back() : children.front();
}

const QueryNode& QueryNode::other_child(const QueryNode& first) const {
  return &first == &children.front() ? children.back() : children.front();
}

QueryNode prepare_query(const ips::SearchNode& node, bool case_sensitive) {
  QueryNode prepared{node.kind, std::nullopt, {}};
  if (node.kind == NodeKind::kTerm) prepared.term.emplace(node.term, case_sensitive);
  for (const ips::SearchNode& child : node.children) {
    prepared.children.push_back(prepare_query(child, case_sensitive));
  }
  return prepared;
}

bool SearchEvaluation::actions(const QueryNode& node, const LazyPlaces& within, Wanted wanted,
                               const ActionSink& sink) {
  if (node.kind == NodeKind::kTerm) return term(*node.term, within, wanted, sink);
  const QueryNode& left = node.children.at(0);
  const QueryNode& right = node.children.at(1);
  if (node.kind == NodeKind::kOr) {
    return actions(left, within, wanted, sink) && actions(right, within, wanted, sink);
  }
  return actions(left, narrowed(within, right), Wanted::kAll,
                 [&](const FoundAction& found) { return filter(right, found, sink); });
}

// Only lines where the right side may be found too.
LazyPlaces SearchEvaluation::narrowed(const LazyPlaces& within, const QueryNode& right) {
  if (lines_.restricted()) return within;
  return LazyPlaces([this, within, &right] {
    auto both = places(right);
    const store::LinePlaces* const outer = within.get();
    if (both && outer != nullptr) both = store::in_both(*both, *outer);
    if (!both && outer != nullptr) both = *outer;
    return both ? std::make_shared<const store::LinePlaces>(std::move(*both)) : nullptr;
  });
}

bool SearchEvaluation::package(const QueryNode& query, std::string_view name,
                               const SearchLines::Chain& chain, const store::LinePlaces* places,
                               const PackageVisitor& visit) {
  enough_ = index_.documents(chain.id).size();
  if (enough_ == 0) return true;
  lines_.restrict_to(chain, places);
  const PackageSet found = packages(query);
  return found.empty() || (places == nullptr && lines_.exhausted()) || visit(name, found);
}

// Those that have some of these places, and names from `first` on.
bool SearchEvaluation::packages_in(const QueryNode& query, const store::ChainPlaces& places,
                                   std::string_view first, const PackageVisitor& visit) {
  std::vector<std::pair<std::string, store::ChainId>> names;
  for (const store::ChainId id : places.chains) {
    const store::SearchChain& chain = index_.chain(id);
    if (chain.publisher == publisher_ && chain.name >= first) names.emplace_back(chain.name, id);
  }
  std::ranges::sort(names);
  return std::ranges::all_of(names, [&](const auto& one) {
    const store::LinePlaces lines = places.places(one.second);
    return package(query, one.first, {one.second, 0}, &lines, visit);
  });
}

void SearchEvaluation::packages_by_name(const QueryNode& query, const PackageVisitor& visit) {
  if (const auto few = chains(query, patience_.rows)) {
    packages_in(query, *few, {}, visit);
    return;
  }
  std::optional<std::string> next;
  index_.for_each_chain(publisher_,
                        [&](store::ChainId id, std::string_view name, store::LineId lines) {
                          const bool more = package(query, name, {id, lines}, nullptr, visit);
                          if (lines_.exhausted()) next = name;
                          return more && !next;
                        });
  if (!next) return;
  if (const auto all = chains(query, ~std::size_t{0})) {
    packages_in(query, *all, *next, visit);
    return;
  }
  lines_.restrict_no_more();
  enough_ = ~std::size_t{0};
  std::map<std::string_view, PackageSet> rest;
  const PackageSet found = packages(query);
  for (const auto& package : found) {
    if (package.second >= *next) rest[package.second].insert(package);
  }
  for (const auto& [name, versions] : rest) {
    if (!visit(name, versions)) return;
  }
}

PackageSet SearchEvaluation::packages(const QueryNode& node) {
  PackageSet result;
  if (node.kind == NodeKind::kPackages) {
    const QueryNode& child = node.children.at(0);
    if (child.gives_packages()) return packages(child);
    actions(child, LazyPlaces(), Wanted::kOne, [&](const FoundAction& found) {
      result.emplace(std::string(found.name) + "@" + found.document.version, found.name);
      return result.size() < enough_;
    });
    return result;
  }
  const QueryNode& first = node.first_child();
  PackageSet left = packages(first);
  const bool decided = node.kind == NodeKind::kAnd ? left.empty() : left.size() >= enough_;
  if (decided) return left;
  const PackageSet right = packages(node.other_child(first));
  const auto into = std::inserter(result, result.end());
  node.kind == NodeKind::kAnd ? (void)std::ranges::set_intersection(left, right, into)
                              : (void)std::ranges::set_union(left, right, into);
  return result;
}

bool SearchEvaluation::term(const SearchTermMatcher& term, const LazyPlaces& within, Wanted amount,
                            const ActionSink& sink) {
  const bool one = amount == Wanted::kOne;
  SortedMatches sorted(sink, order_ == Order::kByToken && !one);
  std::vector<SearchMatch> matches;
  const bool more = lines_.for_each(term, within, [&](const FoundLine& line) {
    bool wanted = true;
    matches.clear();
    term.find(line.text, line.action, work_, [&](SearchMatch&& match) {
      matches.push_back(std::move(match));
      if (one) return false;
      if (matches.size() < kMatchesAtOnce) return true;
      wanted = sorted.add(line, std::move(matches));
      matches.clear();
      return wanted;
    });
    if (one && !matches.empty()) lines_.leave_documents();
    return wanted && (matches.empty() || sorted.add(line, std::move(matches)));
  });
  return more && sorted.flush();
}

// Right of AND: once for each way in which it matches.
bool SearchEvaluation::filter(const QueryNode& node, const FoundAction& found,
                              const ActionSink& sink) {
  if (node.kind == NodeKind::kTerm) {
    const bool accepted =
        node.term->accepts_package(found.document.folded) &&
        node.term->accepts(found.line, found.action, found.match.type, *found.match.key, work_);
    return !accepted || sink(found);
  }
  const QueryNode& left = node.children.at(0);
  const QueryNode& right = node.children.at(1);
  if (node.kind == NodeKind::kOr) return filter(left, found, sink) && filter(right, found, sink);
  return filter(left, found, [&](const FoundAction& again) { return filter(right, again, sink); });
}

// Where a node may be found as the right side of AND; nullopt: anywhere. Its fields are compared
// with what the left side found, so they do not narrow it here.
std::optional<store::LinePlaces> SearchEvaluation::places(const QueryNode& node) {
  if (node.kind == NodeKind::kTerm) {
    return index_.candidates(node.term->pattern(), std::nullopt, "");
  }
  const QueryNode& first = node.first_child();
  auto left = places(first);
  auto right = places(node.other_child(first));
  if (node.kind == NodeKind::kAnd) {
    if (!left || !right) return left ? std::move(left) : std::move(right);
    return store::in_both(*left, *right);
  }
  if (!left || !right) return std::nullopt;
  return in_any(*left, *right);
}

std::optional<store::ChainPlaces> SearchEvaluation::chains(const QueryNode& node,
                                                           std::size_t most_rows, Fields fields) {
  if (node.kind == NodeKind::kTerm) {
    const SearchTermMatcher& term = *node.term;
    if (fields == Fields::kOfOther) {
      return index_.chain_candidates(term.pattern(), std::nullopt, "", most_rows);
    }
    if (!term.possible()) return store::ChainPlaces{};
    return index_.chain_candidates(term.pattern(), term.type(), term.key(), most_rows);
  }
  if (node.kind == NodeKind::kPackages) return chains(node.children.at(0), most_rows, fields);
  const bool both = node.kind == NodeKind::kAnd, in_one_line = !node.gives_packages();
  auto left = chains(node.children.at(0), most_rows, fields);
  auto right =
      chains(node.children.at(1), most_rows, both && in_one_line ? Fields::kOfOther : fields);
  if (both && in_one_line && (!left || !right)) return left ? std::move(left) : std::move(right);
  if (!left || !right) return std::nullopt;
  if (!both) return in_chains_of_any(*left, *right);
  return in_one_line ? in_lines_of_both(*left, *right) : in_chains_of_both(*left, *right);
}

}  // namespace metaset::depot
