#include "metaset/pkg5/ini.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"

namespace metaset::pkg5 {

namespace {

constexpr std::string_view kSpace = " \t\r\f\v";

std::string_view strip(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The rules of Python's RawConfigParser, which wrote these files.
class IniParser {
 public:
  Ini parse(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++number_;
      line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    end_value();
    merge_defaults();
    return std::move(ini_);
  }

 private:
  [[noreturn]] void fail(std::string_view rule) const {
    throw Error(Code::kInvalid, "line " + std::to_string(number_) + ": " + std::string(rule));
  }

  void line(std::string_view text) {
    const std::string_view value = strip(text);
    if (value.empty()) {
      if (property() != nullptr) property()->value += '\n';
      return;
    }
    if (value.front() == '#' || value.front() == ';') return;
    const std::size_t indent = text.find_first_not_of(kSpace);
    if (property() != nullptr && indent > indent_) {
      property()->value.append("\n").append(value);
      return;
    }
    indent_ = indent;
    const std::size_t close = value.rfind(']');
    if (value.front() == '[' && close != std::string_view::npos && close > 1) {
      open_section(value.substr(1, close - 1));
    } else {
      open_property(value);
    }
  }

  void open_section(std::string_view name) {
    end_value();
    if (ini_.find(name) != nullptr) fail("section [" + std::string(name) + "] is there twice");
    count();
    ini_.sections.push_back({std::string(name), {}});
  }

  void open_property(std::string_view text) {
    end_value();
    if (ini_.sections.empty()) fail("a line before the first [section]");
    const std::size_t divider = text.find_first_of("=:");
    if (divider == std::string_view::npos) fail("neither [section] nor key = value");
    const std::string_view key = strip(text.substr(0, divider));
    if (key.empty()) fail("no key before '='");
    IniSection& section = ini_.sections.back();
    if (section.find(key) != nullptr) {
      fail("'" + std::string(key) + "' is there twice in section [" + section.name + "]");
    }
    count();
    section.properties.push_back({std::string(key), std::string(strip(text.substr(divider + 1)))});
    in_value_ = true;
  }

  IniProperty* property() { return in_value_ ? &ini_.sections.back().properties.back() : nullptr; }

  void end_value() {
    if (property() == nullptr) return;
    std::string& value = property()->value;
    const std::size_t last = value.find_last_not_of(" \t\r\f\v\n");
    value.resize(last == std::string::npos ? 0 : last + 1);
    in_value_ = false;
  }

  void merge_defaults() {
    const auto place = std::find_if(ini_.sections.begin(), ini_.sections.end(),
                                    [](const IniSection& s) { return s.name == "DEFAULT"; });
    if (place == ini_.sections.end()) return;
    const IniSection defaults = std::move(*place);
    ini_.sections.erase(place);
    for (IniSection& section : ini_.sections) {
      for (const IniProperty& property : defaults.properties) {
        if (section.find(property.key) != nullptr) continue;
        count();
        section.properties.push_back(property);
      }
    }
  }

  // Defaults multiply with sections: a small file must not fill the memory.
  void count() {
    if (++things_ > kMaxIniThings) {
      throw Error(Code::kLimit, "more than " + std::to_string(kMaxIniThings) +
                                    " sections and properties, with defaults");
    }
  }

  Ini ini_;
  std::size_t number_ = 0, indent_ = 0, things_ = 0;
  bool in_value_ = false;
};

}  // namespace

const std::string* IniSection::find(std::string_view key) const {
  for (const IniProperty& property : properties) {
    if (property.key == key) return &property.value;
  }
  return nullptr;
}

const IniSection* Ini::find(std::string_view name) const {
  for (const IniSection& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

const std::string* Ini::find(std::string_view section, std::string_view key) const {
  const IniSection* found = find(section);
  return found != nullptr ? found->find(key) : nullptr;
}

Ini parse_ini(std::string_view text) {
  if (text.size() > kMaxIniText) {
    throw Error(Code::kLimit, "more than " + std::to_string(kMaxIniText) + " bytes");
  }
  if (!is_utf8(text)) throw Error(Code::kInvalid, "not UTF-8");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return IniParser().parse(text);
}

}  // namespace metaset::pkg5
