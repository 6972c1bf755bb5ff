// What a search finds, as lines: by the index, and by going through all manifests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "metaset/depot/search.h"

#include "chance_history.h"
#include "naive_search.h"

namespace metaset::depot {

inline Lines naive_lines(const std::vector<SeenAction>& actions,
                         const ips::SearchRequest& request) {
  const NaiveSearch naive(actions, request.case_sensitive);
  Lines lines;
  if (request.query.gives_packages()) {
    for (const std::string& package : naive.packages(request.query)) lines.push_back(package);
    return lines;
  }
  for (const NaiveResult& one : naive.actions(request.query)) {
    lines.push_back(one.at->package + " " + one.value + " " + one.at->line);
  }
  std::ranges::sort(lines);
  return lines;
}

inline Lines found_lines(const store::View& view, store::PublisherId publisher,
                         const ips::SearchRequest& request, const SearchPatience& patience = {}) {
  Lines lines;
  search(view, publisher, request, {.patience = patience}, [&](const SearchResult& result) {
    std::string line = std::string(result.name) + "@" + std::string(result.version);
    if (!result.package) {
      line += " " + std::string(result.value) + " " + std::string(result.line);
    }
    lines.push_back(std::move(line));
    return true;
  });
  if (!request.query.gives_packages()) std::ranges::sort(lines);
  return lines;
}

}  // namespace metaset::depot
