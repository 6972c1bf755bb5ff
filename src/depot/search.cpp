#include "metaset/depot/search.h"

#include <optional>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/search_index.h"

#include "depot/search_evaluation.h"

namespace metaset::depot {

namespace {

// Leaves out what the request skips, and stops where it ends.
class Window {
 public:
  explicit Window(const ips::SearchRequest& request)
      : skip_(request.start), limit_(request.limit) {}
  bool is_empty() const { return limit_ == 0; }
  bool pass(const SearchResult& result, const SearchVisitor& visit) {
    if (skip_ > 0) {
      --skip_;
      return true;
    }
    if (!visit(result)) return false;
    return !limit_ || --*limit_ > 0;
  }

 private:
  std::uint64_t skip_;
  std::optional<std::uint64_t> limit_;
};

std::function<void()> deadline(const SearchLimits& limits) {
  const auto end = std::chrono::steady_clock::now() + limits.time;
  const auto seconds = std::chrono::duration<double>(limits.time).count();
  return [end, seconds, check = limits.check] {
    if (check) check();
    if (std::chrono::steady_clock::now() < end) return;
    throw Error(Code::kLimit,
                fmt::format("the search took longer than {} seconds; ask for less", seconds));
  };
}

}  // namespace

void search(const store::View& view, store::PublisherId publisher,
            const ips::SearchRequest& request, const SearchLimits& limits,
            const SearchVisitor& visit) {
  store::SearchIndex index(view, deadline(limits), limits.pages);
  Window window(request);
  if (window.is_empty()) return;
  SearchEvaluation evaluation(
      index, publisher,
      request.limit ? SearchEvaluation::Order::kAsFound : SearchEvaluation::Order::kByToken,
      limits.patience);
  const QueryNode query = prepare_query(request.query, request.case_sensitive);
  SearchResult result;
  if (query.gives_packages()) {
    result.package = true;
    for (const auto& [package, name] : evaluation.packages(query)) {
      result.name = name;
      result.version = std::string_view(package).substr(name.size() + 1);
      if (!window.pass(result, visit)) return;
    }
    return;
  }
  evaluation.actions(query, [&](const FoundAction& found) {
    result.name = found.name;
    result.version = found.document.version;
    result.token = found.match.token;
    result.value = *found.match.shown;
    result.type = ips::type_name(found.match.type);
    result.key = *found.match.key;
    result.line = found.line;
    return window.pass(result, visit);
  });
}

void search_names(const store::View& view, store::PublisherId publisher,
                  const ips::SearchRequest& request, const SearchLimits& limits,
                  const SearchedNameVisitor& visit) {
  store::SearchIndex index(view, deadline(limits), limits.pages);
  SearchEvaluation evaluation(index, publisher, SearchEvaluation::Order::kByToken, limits.patience);
  const QueryNode query = prepare_query(request.query, request.case_sensitive);
  std::vector<std::string> versions;
  evaluation.packages_by_name(query, [&](std::string_view name, const PackageSet& found) {
    versions.clear();
    for (const auto& package : found) versions.push_back(package.first.substr(name.size() + 1));
    return visit(std::string(name), versions);
  });
}

}  // namespace metaset::depot
