// The publishers of one metaset and which of them a request means (protocol/http.md section 1.1).
//
// Loading parses the configuration; RepositoryPool keeps the result for each metaset, so that
// requests do not. Thread-safety: immutable after load(). Errors: kCorrupt for damaged
// configuration, else as stated.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "metaset/ips/p5i.h"
#include "metaset/store/view.h"

namespace metaset::depot {

inline constexpr std::uint64_t kDefaultRefreshSeconds = 14400;

struct PublisherFacts {
  store::Publisher publisher;
  store::PublisherState state;
  ips::P5iPublisher p5i;  // without packages; `repository` is empty unless it was configured
  // How long clients and caches may keep a catalog (protocol/http.md section 2.3).
  std::uint64_t refresh_seconds() const;
};

class Publishers {
 public:
  // Those that exist in the view.
  static Publishers load(const store::View& view);

  // The default publisher first, then by name.
  const std::vector<PublisherFacts>& all() const { return all_; }
  const PublisherFacts* find(std::string_view prefix) const;  // nullptr: not in this metaset
  const PublisherFacts* default_publisher() const;            // nullptr: none configured

  // For catalog and search: the publisher of the prefix, or the default one if there is no prefix.
  // kInvalid for an unknown prefix, kNotFound without a default publisher.
  const PublisherFacts& named_or_default(std::string_view prefix) const;

 private:
  std::vector<PublisherFacts> all_;
  bool has_default_ = false;
};

// A publisher that any metaset of the repository has. Manifests and payloads are served below its
// prefix even if the view does not have the publisher yet: immutable things do not depend on views.
std::optional<store::Publisher> find_in_repository(const store::View& view,
                                                   const Publishers& publishers,
                                                   std::string_view prefix);
// The same; kInvalid "Unknown publisher: ..." instead of nullopt.
store::Publisher require_in_repository(const store::View& view, const Publishers& publishers,
                                       std::string_view prefix);

}  // namespace metaset::depot
