#include "metaset/depot/publisher_document.h"

#include "metaset/base/error.h"

namespace metaset::depot {

std::string publisher_document(const Publishers& publishers, std::string_view prefix) {
  ips::P5i document;
  for (const PublisherFacts& facts : publishers.all()) {
    if (prefix.empty() || facts.publisher.prefix == prefix)
      document.publishers.push_back(facts.p5i);
  }
  if (!prefix.empty() && document.publishers.empty()) {
    throw Error(Code::kInvalid, "Unknown publisher: " + std::string(prefix));
  }
  return ips::write_p5i(document);
}

}  // namespace metaset::depot
