// Configuration of a stock repository in the forms that Metaset keeps.
#include <charconv>
#include <map>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/pkg5/repository.h"

#include "pkg5/tree.h"

namespace metaset::pkg5 {

namespace {

constexpr std::uint64_t kMaxP5i = 16 << 20;

using Value = rapidjson::Value;
using Allocator = rapidjson::Document::AllocatorType;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Value string_value(std::string_view text, Allocator& memory) {
  return {text.data(), static_cast<rapidjson::SizeType>(text.size()), memory};
}

using Section = std::map<std::string, Value>;

// The types of the properties that format 4 knows; all others are text.
Value typed_value(std::string_view section, const IniProperty& property, Allocator& memory) {
  const auto invalid = [&](std::string_view type) {
    return Error(Code::kInvalid, std::string(section) + "/" + property.key + " = '" +
                                     property.value + "' is not " + std::string(type));
  };
  if (section == "repository" && property.key == "check-certificate-revocation") {
    const auto value = parse_python_bool(property.value);
    if (!value) throw invalid("True or False");
    return Value(*value);
  }
  if (section == "repository" && property.key == "signature-required-names") {
    const auto list = parse_python_list(property.value);
    if (!list) throw invalid("a list of strings");
    Value value(rapidjson::kArrayType);
    for (const std::string& item : *list) value.PushBack(string_value(item, memory), memory);
    return value;
  }
  return string_value(property.value, memory);
}

// Properties of older formats that live in the publisher's p5i document in format 4.
bool belongs_to_publisher(std::string_view section, std::string_view key) {
  return (section == "publisher" && key == "alias") ||
         (section == "repository" && key != "version" && key != "format") || section == "feed";
}

std::string to_json(std::map<std::string, Section> sections, Allocator& memory) {
  Value root(rapidjson::kObjectType);
  for (auto& [name, section] : sections) {
    Value object(rapidjson::kObjectType);
    for (auto& [key, value] : section) {
      object.AddMember(string_value(key, memory), std::move(value), memory);
    }
    root.AddMember(string_value(name, memory), std::move(object), memory);
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  root.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) result.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

// Clients append paths to these.
std::vector<std::string> base_uris(std::string_view text) {
  std::vector<std::string> result = comma_list(text);
  for (std::string& uri : result) {
    if (uri.back() != '/') uri += '/';
  }
  return result;
}

}  // namespace

std::string StockRepository::configuration_json() const {
  rapidjson::Document document;
  Allocator& memory = document.GetAllocator();
  std::map<std::string, Section> sections;
  Section& repository = sections["repository"];
  repository["check-certificate-revocation"] = Value(false);
  repository["signature-required-names"] = Value(rapidjson::kArrayType);
  repository["trust-anchor-directory"] = string_value("/etc/ssl/pkg/", memory);
  for (const IniSection& section : ini_.sections) {
    if (section.name == "CONFIGURATION") continue;
    for (const IniProperty& property : section.properties) {
      if (format_ < 4 && belongs_to_publisher(section.name, property.key)) continue;
      try {
        sections[section.name][property.key] = typed_value(section.name, property, memory);
      } catch (const Error& error) {
        throw Error(error.code(), config_name() + ": " + error.message());
      }
    }
  }
  sections["publisher"]["prefix"] = string_value(default_publisher_, memory);
  sections["repository"]["version"] = Value(4);
  return to_json(std::move(sections), memory);
}

std::optional<ips::P5iPublisher> StockRepository::publisher_info(std::string_view publisher) const {
  if (format_ < 4) {
    const IniSection* section = ini_.find("repository");
    if (section == nullptr) return std::nullopt;
    const auto text = [&](std::string_view key) {
      const std::string* value = section->find(key);
      return value != nullptr ? *value : std::string();
    };
    ips::P5iPublisher result;
    result.name = publisher;
    if (const std::string* alias = ini_.find("publisher", "alias"); alias && !alias->empty()) {
      result.alias = *alias;
    }
    ips::P5iRepository& info = result.repository.emplace();
    if (text("collection_type") == "supplemental") info.collection_type = "supplemental";
    if (const std::string value = text("description"); !value.empty()) info.description = value;
    const std::string name = text("name");
    info.name = name.empty() ? "package repository" : name;
    info.refresh_seconds = parse_number(text("refresh_seconds")).value_or(14400);
    info.registration_uri = text("registration_uri");
    info.legal_uris = comma_list(text("legal_uris"));
    info.mirrors = base_uris(text("mirrors"));
    info.origins = base_uris(text("origins"));
    info.related_uris = comma_list(text("related_uris"));
    return result;
  }
  const std::string path = below(publisher, "pub.p5i");
  const auto text = tree_->read(path, kMaxP5i);
  if (!text) return std::nullopt;
  try {
    for (ips::P5iPublisher& entry : ips::read_p5i(*text).publishers) {
      if (entry.name == publisher) return std::move(entry);
    }
  } catch (const Error& error) {
    throw Error(error.code(), join_path(root_, path) + ": " + error.message());
  }
  return std::nullopt;
}

}  // namespace metaset::pkg5
