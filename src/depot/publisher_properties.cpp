// Properties of publishers: p5i documents in the configuration.
#include <algorithm>
#include <charconv>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"
#include "metaset/depot/properties.h"
#include "metaset/depot/publishers.h"

#include "depot/property_rules.h"

namespace metaset::depot {

namespace {

using ips::P5iPublisher;
using ips::P5iRepository;

PropertyValue optional_text(const std::optional<std::string>& text) {
  if (text) return *text;
  return std::monostate{};
}

PropertyValue optional_number(const std::optional<std::uint64_t>& number) {
  if (number) return static_cast<std::int64_t>(*number);
  return std::monostate{};
}

// A publisher that was never configured shows empty texts, one that was shows what is not set.
std::vector<Property> properties_of(const P5iPublisher& publisher) {
  constexpr const char* kSection = "repository";
  const bool configured = publisher.repository.has_value();
  const P5iRepository repository = publisher.repository.value_or(P5iRepository{});
  const auto text = [&](const PropertyValue& value) {
    return configured ? value : PropertyValue(std::string());
  };
  return {
      {"publisher", "alias", optional_text(publisher.alias)},
      {"publisher", "prefix", publisher.name},
      {kSection, "collection-type", repository.collection_type},
      {kSection, "description", text(optional_text(repository.description))},
      {kSection, "legal-uris", repository.legal_uris},
      {kSection, "mirrors", repository.mirrors},
      {kSection, "name", text(optional_text(repository.name))},
      {kSection, "origins", repository.origins},
      {kSection, "refresh-seconds", text(optional_number(repository.refresh_seconds))},
      {kSection, "registration-uri", repository.registration_uri},
      {kSection, "related-uris", repository.related_uris},
  };
}

const std::string& text_of(const Assignment& a) {
  if (!is_utf8(single_value(a))) invalid_value(a);
  return single_value(a);
}

// Sorted, as clients sort origins of equal priority.
std::vector<std::string> uris_of(const Assignment& a, bool final_slash) {
  std::vector<std::string> uris;
  for (std::string uri : a.values) {
    if (!a.is_list && uri.empty()) break;
    check_repository_uri(uri);
    if (final_slash && uri.back() != '/') uri += '/';
    uris.push_back(std::move(uri));
  }
  std::sort(uris.begin(), uris.end());
  uris.erase(std::unique(uris.begin(), uris.end()), uris.end());
  return uris;
}

std::uint64_t seconds_of(const Assignment& a) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  const std::string& text = single_value(a);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > kMost) {
    throw Error(Code::kInvalid,
                "'" + text + "' is not a valid value for repository attribute 'refresh_seconds'.");
  }
  return number;
}

std::string registration_of(const Assignment& a) {
  const std::string& uri = single_value(a);
  if (!uri.empty()) check_repository_uri(uri);
  return uri;
}

std::string collection_of(const Assignment& a) {
  const std::string& type = single_value(a);
  if (type != "core" && type != "supplemental") {
    throw Error(Code::kInvalid, "'" + type + "' is not a valid repository collection type.");
  }
  return type;
}

std::string alias_of(const Assignment& a) {
  const std::string& alias = single_value(a);
  if (!alias.empty() && !ips::is_publisher_name(alias)) {
    throw Error(Code::kInvalid, "'" + alias + "' is not a valid publisher alias.");
  }
  return alias;
}

struct PublisherRule {
  std::string_view name;
  void (*assign)(P5iRepository&, const Assignment&);
};
constexpr PublisherRule kPublisherRules[] = {
    {"collection-type", [](auto& r, const auto& a) { r.collection_type = collection_of(a); }},
    {"description", [](auto& r, const auto& a) { r.description = text_of(a); }},
    {"legal-uris", [](auto& r, const auto& a) { r.legal_uris = uris_of(a, false); }},
    {"mirrors", [](auto& r, const auto& a) { r.mirrors = uris_of(a, true); }},
    {"name", [](auto& r, const auto& a) { r.name = text_of(a); }},
    {"origins", [](auto& r, const auto& a) { r.origins = uris_of(a, true); }},
    {"refresh-seconds", [](auto& r, const auto& a) { r.refresh_seconds = seconds_of(a); }},
    {"registration-uri", [](auto& r, const auto& a) { r.registration_uri = registration_of(a); }},
    {"related-uris", [](auto& r, const auto& a) { r.related_uris = uris_of(a, false); }},
};

const PublisherRule* find_rule(std::string_view name) {
  for (const PublisherRule& rule : kPublisherRules) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

void check_names(const std::vector<Assignment>& assignments) {
  for (const Assignment& a : assignments) {
    if (a.section == "publisher" && a.name == "alias") continue;
    if (a.section == "publisher" && a.name == "prefix") {
      throw Error(Code::kUsage, "'prefix' may not be set using this command");
    }
    if (a.section != "publisher" && a.section != "repository") {
      throw Error(Code::kUsage, "unknown property section '" + a.section + "'");
    }
    if (a.section == "publisher" || find_rule(a.name) == nullptr) {
      throw Error(Code::kUsage, "unknown property '" + a.name + "'");
    }
  }
}

void assign(P5iPublisher& publisher, const Assignment& a) {
  try {
    if (a.section == "publisher") {
      publisher.alias = alias_of(a);
      return;
    }
    if (!publisher.repository) publisher.repository.emplace();
    find_rule(a.name)->assign(*publisher.repository, a);
  } catch (const Error& error) {
    throw Error(error.code(), "Unable to set properties for publisher '" + publisher.name + "':\n" +
                                  error.message());
  }
}

bool names_all(const std::vector<std::string>& publishers) {
  return std::find(publishers.begin(), publishers.end(), "all") != publishers.end();
}

std::vector<std::string> publishers_to_set(const store::View& view,
                                           const std::vector<std::string>& named) {
  if (!names_all(named)) return named;
  std::vector<std::string> result;
  for (const store::Publisher& publisher : view.publishers()) result.push_back(publisher.prefix);
  if (result.empty()) {
    throw Error(Code::kUsage,
                "One or more publishers must be specified to create and set properties for as none "
                "exist yet.");
  }
  return result;
}

void set_one(store::MetasetWriter& writer, const std::string& prefix,
             const std::vector<Assignment>& assignments) {
  if (!ips::is_publisher_name(prefix)) {
    throw Error(Code::kInvalid, "'" + prefix + "' is not a valid publisher name.");
  }
  const bool is_new = !writer.view().publisher(prefix);
  const store::PublisherId id = writer.publisher(prefix);
  if (is_new) writer.set_utf8_feature(id, wants_utf8_feature(writer.view()));
  const auto text = writer.view().config(id);
  ips::P5i document = text ? ips::read_p5i(*text) : ips::P5i{};
  if (document.publishers.empty()) document.publishers.emplace_back();
  P5iPublisher& publisher = document.publishers.front();
  publisher.name = prefix;
  const std::string before = ips::write_p5i(document);
  for (const Assignment& a : assignments) assign(publisher, a);
  const std::string after = ips::write_p5i(document);
  if (after != before) writer.set_config(id, after);
}

}  // namespace

std::vector<PublisherProperties> publisher_properties(const store::View& view,
                                                      const std::vector<std::string>& publishers) {
  std::vector<PublisherProperties> result;
  const bool all = publishers.empty() || names_all(publishers);
  const Publishers known = Publishers::load(view);
  for (const PublisherFacts& facts : known.all()) {
    const std::string& prefix = facts.publisher.prefix;
    if (all || std::find(publishers.begin(), publishers.end(), prefix) != publishers.end()) {
      result.push_back({prefix, properties_of(facts.p5i)});
    }
  }
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.publisher < b.publisher; });
  return result;
}

std::optional<store::MetasetRecord> set_publisher_properties(
    store::Repository& repository, const std::vector<std::string>& publishers,
    const std::vector<Assignment>& assignments, const store::MetasetWriter::Options& options) {
  check_names(assignments);
  return repository.write_metaset(options, [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
    for (const std::string& prefix : publishers_to_set(writer.view(), publishers)) {
      set_one(writer, prefix, assignments);
    }
  });
}

}  // namespace metaset::depot
