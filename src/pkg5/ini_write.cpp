// pkg5.repository as the stock tools write it.
#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/pkg5/export.h"

namespace metaset::pkg5 {

namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

// A string as Python's repr() writes it.
std::string python_string(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out + quote;
}

std::string_view text_of(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

std::string python_list(const rapidjson::Value& list) {
  std::string out;
  for (const auto& item : list.GetArray()) {
    if (!item.IsString()) continue;
    out += (out.empty() ? "" : ", ") + python_string(text_of(item));
  }
  return "[" + out + "]";
}

std::string ini_value(const rapidjson::Value& value) {
  if (value.IsBool()) return value.GetBool() ? "True" : "False";
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  if (value.IsArray()) return python_list(value);
  if (!value.IsString()) return {};
  std::string out;
  for (const char c : text_of(value)) {
    out.push_back(c);
    if (c == '\n') out.push_back('\t');  // goes on with the value
  }
  return out;
}

// The order of the stock tools, then by name.
std::size_t rank_of(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kOrder = {"publisher",
                                                             "repository",
                                                             "version",
                                                             "trust-anchor-directory",
                                                             "signature-required-names",
                                                             "check-certificate-revocation"};
  return static_cast<std::size_t>(std::ranges::find(kOrder, name) - kOrder.begin());
}

void sort_as_stock(Members& members) {
  std::ranges::sort(members, [](const auto& a, const auto& b) {
    return std::pair(rank_of(a.first), a.first) < std::pair(rank_of(b.first), b.first);
  });
}

std::string section_text(const rapidjson::Value& section) {
  Members members;
  for (const auto& member : section.GetObject()) {
    members.emplace_back(text_of(member.name), ini_value(member.value));
  }
  sort_as_stock(members);
  std::string out;
  for (const auto& [name, value] : members) out += name + " = " + value + "\n";
  return out;
}

}  // namespace

std::string repository_ini(std::string_view config_json, std::string_view default_publisher) {
  const rapidjson::Document json = parse_json(config_json, "configuration");
  if (!json.IsObject()) throw Error(Code::kCorrupt, "configuration: not a JSON object");
  Members sections = {{"publisher", "prefix = " + std::string(default_publisher) + "\n"},
                      {"repository", "version = 4\n"}};
  for (const auto& section : json.GetObject()) {
    const std::string_view name = text_of(section.name);
    if (!section.value.IsObject() || name == "publisher" || name == "CONFIGURATION") continue;
    if (name == "repository") {
      sections[1].second = section_text(section.value);
    } else {
      sections.emplace_back(name, section_text(section.value));
    }
  }
  sort_as_stock(sections);
  std::string out;
  for (const auto& [name, text] : sections) out += "[" + name + "]\n" + text + "\n";
  return out + "[CONFIGURATION]\nversion = 4\n\n";
}

}  // namespace metaset::pkg5
