#include "metaset/depot/list.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/ips/fmri.h"

namespace metaset::depot {

namespace {

struct Pattern {
  ips::FmriPattern pattern;
  bool matched = false;
};

std::vector<Pattern> parse_patterns(const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  std::string illegal;
  for (const std::string& text : texts) {
    try {
      patterns.push_back({ips::FmriPattern::parse(text)});
    } catch (const Error& error) {
      if (error.code() != Code::kInvalid) throw;
      if (!illegal.empty()) illegal += '\n';
      illegal += "'" + error.message() + "' is an illegal FMRI";
    }
  }
  if (!illegal.empty()) throw Error(Code::kInvalid, illegal);
  return patterns;
}

std::vector<const PublisherFacts*> select(const Publishers& publishers, const ListQuery& query,
                                          std::vector<std::string>& unknown) {
  std::vector<const PublisherFacts*> result;
  const auto& wanted = query.publishers;
  const bool all = wanted.empty() || std::find(wanted.begin(), wanted.end(), "all") != wanted.end();
  for (const PublisherFacts& facts : publishers.all()) {
    const std::string& prefix = facts.publisher.prefix;
    if (all || std::find(wanted.begin(), wanted.end(), prefix) != wanted.end()) {
      result.push_back(&facts);
    }
  }
  std::sort(result.begin(), result.end(),
            [](const auto* a, const auto* b) { return a->publisher.prefix < b->publisher.prefix; });
  if (all) return result;
  for (const std::string& prefix : wanted) {
    if (publishers.find(prefix) == nullptr) unknown.push_back(prefix);
  }
  if (result.empty()) throw Error(Code::kNotFound, "no matching publishers found");
  return result;
}

// The versions of one name, oldest first: moves those that some pattern takes into the result,
// newest first.
void take_matches(std::vector<ListedPackage>& versions, std::vector<Pattern>& patterns,
                  std::vector<ListedPackage>& result) {
  for (auto place = versions.rbegin(); place != versions.rend(); ++place) {
    const bool newest = place == versions.rbegin();
    bool wanted = patterns.empty();
    for (Pattern& p : patterns) {
      if (p.pattern.latest_only() && !newest) continue;
      if (!p.pattern.matches(place->publisher, place->name, place->version)) continue;
      p.matched = wanted = true;
    }
    if (wanted) result.push_back(std::move(*place));
  }
  versions.clear();
}

void list_publisher(const store::View& view, const store::Publisher& publisher,
                    std::vector<Pattern>& patterns, std::vector<ListedPackage>& result) {
  std::vector<ListedPackage> versions;
  view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
    if (!versions.empty() && versions.front().name != name)
      take_matches(versions, patterns, result);
    if (versions.empty() && !patterns.empty() &&
        std::none_of(patterns.begin(), patterns.end(), [&](const Pattern& p) {
          return p.pattern.matches_name(publisher.prefix, name);
        })) {
      return true;
    }
    versions.push_back({publisher.prefix, std::string(name), ips::Version::parse(entry.version),
                        entry.obsolete, entry.renamed, entry.manifest_sha1});
    return true;
  });
  take_matches(versions, patterns, result);
}

}  // namespace

ListResult list_packages(const store::View& view, const Publishers& publishers,
                         const ListQuery& query) {
  ListResult result;
  std::vector<Pattern> patterns = parse_patterns(query.patterns);
  for (const PublisherFacts* facts : select(publishers, query, result.unknown_publishers)) {
    list_publisher(view, facts->publisher, patterns, result.packages);
  }
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (!patterns[i].matched) result.unmatched_patterns.push_back(query.patterns[i]);
  }
  return result;
}

std::string unmatched_message(const std::vector<std::string>& patterns) {
  std::string text = "The following pattern(s) did not match any packages:";
  for (const std::string& pattern : patterns) text += "\n\t" + pattern;
  return text;
}

}  // namespace metaset::depot
