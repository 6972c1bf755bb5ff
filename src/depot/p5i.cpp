#include "metaset/depot/p5i.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/ips/fmri.h"

namespace metaset::depot {

namespace {

ips::FmriPattern parse_pattern(std::string_view argument) {
  try {
    return ips::FmriPattern::parse(argument);
  } catch (const Error& error) {
    if (error.code() != Code::kInvalid) throw;
    throw Error(Code::kInvalid, "'" + error.message() + "' is an illegal FMRI");
  }
}

std::vector<std::string> matching_names(const store::View& view, const store::Publisher& publisher,
                                        const ips::FmriPattern& pattern) {
  std::vector<std::string> names;
  view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
    if (!names.empty() && names.back() == name) return true;
    if (!pattern.matches_name(publisher.prefix, name)) return true;
    if (!pattern.has_version() ||
        pattern.matches(publisher.prefix, name, ips::Version::parse(entry.version))) {
      names.emplace_back(name);
    }
    return true;
  });
  return names;
}

// By name; the versions of a name newest first.
std::vector<std::string> matching_versions(const store::View& view,
                                           const store::Publisher& publisher,
                                           const ips::FmriPattern& pattern) {
  std::vector<std::string> result;
  std::string current;
  std::size_t first = 0;  // of the current name in result
  const auto finish_name = [&] {
    const auto begin = result.begin() + static_cast<std::ptrdiff_t>(first);
    std::reverse(begin, result.end());
    if (pattern.latest_only() && result.size() > first + 1) result.resize(first + 1);
  };
  view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
    if (name != current) {
      finish_name();
      current = name;
      first = result.size();
    }
    if (pattern.matches_name(publisher.prefix, name) &&
        pattern.matches(publisher.prefix, name, ips::Version::parse(entry.version))) {
      result.push_back(current + "@" + entry.version);
    }
    return true;
  });
  finish_name();
  return result;
}

}  // namespace

std::string p5i_documents(const store::View& view, const Publishers& publishers,
                          std::string_view prefix, std::string_view argument) {
  if (!prefix.empty()) publishers.named_or_default(prefix);  // must be known
  if (argument.ends_with(".p5i")) argument.remove_suffix(4);
  const ips::FmriPattern pattern = parse_pattern(argument);
  const bool names_only =
      argument.find('@') == std::string_view::npos || argument.find('*') != std::string_view::npos;
  std::string result;
  for (const PublisherFacts& facts : publishers.all()) {
    if (!prefix.empty() && facts.publisher.prefix != prefix) continue;
    ips::P5iPublisher publisher = facts.p5i;
    publisher.packages = names_only ? matching_names(view, facts.publisher, pattern)
                                    : matching_versions(view, facts.publisher, pattern);
    if (publisher.packages.empty()) continue;
    ips::P5i document;
    document.publishers.push_back(std::move(publisher));
    result += ips::write_p5i(document);
  }
  if (result.empty()) throw Error(Code::kNotFound, "No matching package found in repository.");
  return result;
}

}  // namespace metaset::depot
