#include "metaset/depot/publishers.h"

#include <algorithm>
#include <limits>

#include "metaset/base/error.h"

#include "depot/whole_repository.h"

namespace metaset::depot {

namespace {

ips::P5iPublisher read_settings(const store::View& view, const store::Publisher& publisher) {
  ips::P5iPublisher settings;
  if (const auto text = view.config(publisher.id)) {
    try {
      const ips::P5i document = ips::read_p5i(*text);
      if (!document.publishers.empty()) settings = document.publishers.front();
    } catch (const Error& error) {
      throw Error(Code::kCorrupt,
                  "configuration of publisher " + publisher.prefix + ": " + error.message());
    }
  }
  settings.name = publisher.prefix;
  settings.packages.clear();
  return settings;
}

}  // namespace

std::uint64_t PublisherFacts::refresh_seconds() const {
  return p5i.repository ? p5i.repository->refresh_seconds.value_or(kDefaultRefreshSeconds)
                        : kDefaultRefreshSeconds;
}

Publishers Publishers::load(const store::View& view) {
  Publishers result;
  for (store::Publisher& publisher : view.publishers()) {
    store::PublisherState state = view.state(publisher.id);
    ips::P5iPublisher settings = read_settings(view, publisher);
    result.all_.push_back({std::move(publisher), std::move(state), std::move(settings)});
  }
  result.has_default_ = view.default_publisher().has_value();
  return result;
}

const PublisherFacts* Publishers::find(std::string_view prefix) const {
  const auto place = std::find_if(all_.begin(), all_.end(), [&](const PublisherFacts& facts) {
    return facts.publisher.prefix == prefix;
  });
  return place == all_.end() ? nullptr : &*place;
}

const PublisherFacts* Publishers::default_publisher() const {
  return has_default_ ? &all_.front() : nullptr;
}

const PublisherFacts& Publishers::named_or_default(std::string_view prefix) const {
  if (!prefix.empty()) {
    if (const PublisherFacts* facts = find(prefix)) return *facts;
    throw Error(Code::kInvalid, "Unknown publisher: " + std::string(prefix));
  }
  if (const PublisherFacts* facts = default_publisher()) return *facts;
  throw Error(Code::kNotFound,
              "No publisher was specified or no default publisher has been configured for the "
              "repository.");
}

store::View whole_repository(const store::View& view) {
  return view.at(std::numeric_limits<store::MetasetNumber>::max());
}

std::optional<store::Publisher> find_in_repository(const store::View& view,
                                                   const Publishers& publishers,
                                                   std::string_view prefix) {
  if (const PublisherFacts* facts = publishers.find(prefix)) return facts->publisher;
  return whole_repository(view).publisher(prefix);
}

store::Publisher require_in_repository(const store::View& view, const Publishers& publishers,
                                       std::string_view prefix) {
  if (auto publisher = find_in_repository(view, publishers, prefix)) return *std::move(publisher);
  throw Error(Code::kInvalid, "Unknown publisher: " + std::string(prefix));
}

}  // namespace metaset::depot
