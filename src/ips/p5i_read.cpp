#include <charconv>

#include "metaset/base/json.h"
#include "metaset/ips/fmri.h"
#include "metaset/ips/p5i.h"

#include "ips/text.h"

namespace metaset::ips {
namespace {

using rapidjson::Value;

constexpr std::string_view kDocument = "p5i file";
constexpr std::uint64_t kKnownVersion = 1;

std::string_view view(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

// nullptr if there is no such member, or it is null, or the text "None".
const Value* find(const Value& object, const char* key) {
  const auto found = object.FindMember(key);
  if (found == object.MemberEnd() || found->value.IsNull()) return nullptr;
  if (found->value.IsString() && view(found->value) == "None") return nullptr;
  return &found->value;
}

std::optional<std::string> find_text(const Value& object, const char* key) {
  const Value* value = find(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->IsString()) throw_invalid("{}: \"{}\" is not a string", kDocument, key);
  return std::string(view(*value));
}

// Numbers may be written as strings.
std::optional<std::uint64_t> find_number(const Value& object, const char* key) {
  const Value* value = find(object, key);
  if (value == nullptr) return std::nullopt;
  if (value->IsUint64()) return value->GetUint64();
  if (value->IsString()) {
    const std::string_view text = view(*value);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  throw_invalid("{}: \"{}\" is not a number of the expected range", kDocument, key);
}

// The members of a list, which may be missing; what is no list counts as missing, too.
template <typename Visit>
void for_each_element(const Value& object, const char* key, const Visit& visit) {
  const Value* list = find(object, key);
  if (list == nullptr || !list->IsArray()) return;
  for (const Value& element : list->GetArray()) visit(element);
}

std::vector<std::string> texts_of(const Value& object, const char* key) {
  std::vector<std::string> texts;
  for_each_element(object, key, [&](const Value& element) {
    if (!element.IsString()) throw_invalid("{}: \"{}\" is not a list of strings", kDocument, key);
    texts.emplace_back(view(element));
  });
  return texts;
}

// Only addresses that clients append paths to get a final slash.
std::vector<std::string> base_uris_of(const Value& object, const char* key) {
  std::vector<std::string> uris = texts_of(object, key);
  for (std::string& uri : uris) {
    if (!uri.ends_with('/')) uri += '/';
  }
  return uris;
}

P5iRepository read_repository(const Value& value) {
  if (!value.IsObject()) throw_invalid("{}: a repository is not an object", kDocument);
  P5iRepository repository;
  if (auto type = find_text(value, "collection_type")) {
    if (*type != "core" && *type != "supplemental") {
      throw_invalid("{}: \"collection_type\" is {}, neither core nor supplemental", kDocument,
                    quoted_for_message(*type));
    }
    repository.collection_type = *std::move(type);
  }
  repository.description = find_text(value, "description");
  repository.legal_uris = texts_of(value, "legal_uris");
  repository.mirrors = base_uris_of(value, "mirrors");
  repository.name = find_text(value, "name");
  repository.origins = base_uris_of(value, "origins");
  repository.refresh_seconds = find_number(value, "refresh_seconds");
  repository.registration_uri = find_text(value, "registration_uri").value_or("");
  repository.related_uris = texts_of(value, "related_uris");
  return repository;
}

P5iPublisher read_publisher(const Value& value) {
  if (!value.IsObject()) throw_invalid("{}: a publisher is not an object", kDocument);
  P5iPublisher publisher;
  publisher.alias = find_text(value, "alias");
  publisher.name = find_text(value, "name").value_or("");
  if (publisher.name.empty()) publisher.name = "Unknown";
  if (!is_publisher_name(publisher.name)) {
    throw_invalid("{}: illegal publisher name {}", kDocument, quoted_for_message(publisher.name));
  }
  publisher.packages = texts_of(value, "packages");
  // The original keeps the last of several.
  for_each_element(value, "repositories", [&publisher](const Value& element) {
    publisher.repository = read_repository(element);
  });
  return publisher;
}

}  // namespace

P5i read_p5i(std::string_view text) {
  const rapidjson::Document document = parse_json(text, kDocument);
  if (!document.IsObject()) throw_invalid("{}: not a JSON object", kDocument);
  const auto version = find_number(document, "version");
  if (!version) throw_invalid("{}: missing version", kDocument);
  if (*version > kKnownVersion) throw_invalid("{}: version {} is not known", kDocument, *version);
  P5i p5i;
  p5i.packages = texts_of(document, "packages");
  for_each_element(document, "publishers", [&p5i](const Value& element) {
    p5i.publishers.push_back(read_publisher(element));
  });
  return p5i;
}

}  // namespace metaset::ips
