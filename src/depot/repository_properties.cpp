// Properties of the repository: scope 0 of the configuration.
#include <algorithm>
#include <tuple>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/base/percent.h"
#include "metaset/depot/properties.h"

#include "depot/property_rules.h"

namespace metaset::depot {

namespace {

using Value = rapidjson::Value;
using Allocator = rapidjson::Document::AllocatorType;

constexpr std::string_view kTrustAnchors = "/etc/ssl/pkg/";  // as on OmniOS
constexpr int kFormatVersion = 4;                            // of stock repositories

Value text_value(std::string_view text, Allocator& allocator) {
  return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

std::string compact(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

PropertyValue property_of(const Value& value) {
  if (value.IsNull()) return std::monostate{};
  if (value.IsBool()) return value.GetBool();
  if (value.IsInt64()) return value.GetInt64();
  if (value.IsString()) return std::string(value.GetString(), value.GetStringLength());
  if (!value.IsArray()) return compact(value);
  std::vector<std::string> list;
  for (const Value& element : value.GetArray()) {
    list.push_back(element.IsString() ? std::string(element.GetString(), element.GetStringLength())
                                      : compact(element));
  }
  return list;
}

rapidjson::Document stored(const store::View& view) {
  rapidjson::Document document =
      parse_json(view.config(0).value_or(default_config("")), "configuration");
  if (!document.IsObject()) throw Error(Code::kCorrupt, "configuration: not a JSON object");
  return document;
}

// What a property may be set to; each throws kInvalid or gives the JSON value.
Value to_prefix(const Assignment& a, Allocator& allocator) {
  const std::string& prefix = single_value(a);
  if (!prefix.empty() && !ips::is_publisher_name(prefix)) invalid_value(a);
  return text_value(prefix, allocator);
}
Value to_flag(const Assignment& a, Allocator&) {
  std::string text = single_value(a);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (text != "true" && text != "false" && !text.empty()) invalid_value(a);
  return Value(text == "true");
}
Value to_format(const Assignment& a, Allocator& allocator) {
  const std::string& format = single_value(a);
  if (format != "utf8" && format != "ascii") invalid_value(a);
  return text_value(format, allocator);
}
Value to_list(const Assignment& a, Allocator& allocator) {
  if (!a.is_list && !a.values.front().empty()) invalid_value(a);
  Value list(rapidjson::kArrayType);
  if (!a.is_list) return list;
  for (const std::string& text : a.values) {
    if (!is_utf8(text)) invalid_value(a);
    list.PushBack(text_value(text, allocator), allocator);
  }
  return list;
}
Value to_text(const Assignment& a, Allocator& allocator) {
  if (!is_utf8(single_value(a))) invalid_value(a);
  return text_value(single_value(a), allocator);
}
// Only what it is already: other formats are other programs.
Value to_version(const Assignment& a, Allocator&) {
  if (single_value(a) != std::to_string(kFormatVersion)) invalid_value(a);
  return Value(kFormatVersion);
}

struct Rule {
  std::string_view section, name;
  Value (*convert)(const Assignment&, Allocator&);
};
constexpr Rule kRules[] = {
    {"publisher", "prefix", to_prefix},
    {"repository", "check-certificate-revocation", to_flag},
    {"repository", "format", to_format},
    {"repository", "signature-required-names", to_list},
    {"repository", "trust-anchor-directory", to_text},
    {"repository", "version", to_version},
};

Value converted(const Assignment& a, Allocator& allocator) {
  for (const Rule& rule : kRules) {
    if (rule.section == a.section && rule.name == a.name) return rule.convert(a, allocator);
  }
  throw Error(Code::kUsage, "unknown property '" + a.section + "/" + a.name + "'");
}

void assign(rapidjson::Document& document, const Assignment& a) {
  Allocator& allocator = document.GetAllocator();
  Value value = converted(a, allocator);
  if (!document.HasMember(a.section.c_str())) {
    document.AddMember(text_value(a.section, allocator), Value(rapidjson::kObjectType), allocator);
  }
  Value& section = document[a.section.c_str()];
  if (!section.IsObject()) section.SetObject();
  const auto member = section.FindMember(a.name.c_str());
  if (member == section.MemberEnd()) {
    section.AddMember(text_value(a.name, allocator), value, allocator);
  } else {
    member->value = value;
  }
}

bool is_utf8_format(const Value& document) {
  const auto section = document.FindMember("repository");
  if (section == document.MemberEnd() || !section->value.IsObject()) return false;
  const auto format = section->value.FindMember("format");
  return format != section->value.MemberEnd() && format->value.IsString() &&
         std::string_view(format->value.GetString()) == "utf8";
}

// What else follows from the configuration: the default publisher exists, and the catalogs have the
// form that repository/format says.
void apply(store::MetasetWriter& writer, const Value& document, bool prefix_set, bool format_set) {
  if (prefix_set) {
    const Value& prefix = document["publisher"]["prefix"];
    if (prefix.GetStringLength() > 0) {
      const store::PublisherId id = writer.publisher(prefix.GetString());
      if (!format_set) writer.set_utf8_feature(id, is_utf8_format(document));
    }
  }
  if (!format_set) return;
  for (const store::Publisher& publisher : writer.view().publishers()) {
    writer.set_utf8_feature(publisher.id, is_utf8_format(document));
  }
}

}  // namespace

std::string default_config(std::string_view publisher) {
  rapidjson::Document document(rapidjson::kObjectType);
  Allocator& allocator = document.GetAllocator();
  Value section(rapidjson::kObjectType);
  section.AddMember("prefix", text_value(publisher, allocator), allocator);
  Value repository(rapidjson::kObjectType);
  repository.AddMember("check-certificate-revocation", false, allocator);
  repository.AddMember("format", "utf8", allocator);
  repository.AddMember("signature-required-names", Value(rapidjson::kArrayType), allocator);
  repository.AddMember("trust-anchor-directory", text_value(kTrustAnchors, allocator), allocator);
  repository.AddMember("version", kFormatVersion, allocator);
  document.AddMember("publisher", section, allocator);
  document.AddMember("repository", repository, allocator);
  return compact(document);
}

std::vector<Property> repository_properties(const store::View& view) {
  std::vector<Property> result;
  const rapidjson::Document document = stored(view);
  for (const auto& section : document.GetObject()) {
    if (!section.value.IsObject()) continue;
    for (const auto& member : section.value.GetObject()) {
      result.push_back(
          {section.name.GetString(), member.name.GetString(), property_of(member.value)});
    }
  }
  std::sort(result.begin(), result.end(), [](const Property& a, const Property& b) {
    return std::tie(a.section, a.name) < std::tie(b.section, b.name);
  });
  return result;
}

bool wants_utf8_feature(const store::View& view) { return is_utf8_format(stored(view)); }

std::optional<store::MetasetRecord> set_repository_properties(
    store::Repository& repository, const std::vector<Assignment>& assignments,
    const store::MetasetWriter::Options& options) {
  return repository.write_metaset(options, [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
    rapidjson::Document document = stored(writer.view());
    bool prefix_set = false;
    bool format_set = false;
    for (const Assignment& a : assignments) {
      assign(document, a);
      prefix_set = prefix_set || a.section == "publisher";
      format_set = format_set || a.name == "format";
    }
    // Equal values leave the text as it is stored, however it was written.
    if (document != stored(writer.view())) writer.set_config(0, compact(document));
    apply(writer, document, prefix_set, format_set);
  });
}

}  // namespace metaset::depot
