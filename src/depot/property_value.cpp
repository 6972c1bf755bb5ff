// Property values as text, and assignments as `pkgrepo set` takes them.
#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/depot/properties.h"

namespace metaset::depot {

namespace {

std::string quote(std::string_view text) {
  constexpr std::string_view kShell = "\\ \t\n'`;&()|^<>";
  if (text.empty()) return "\"\"";
  std::string result;
  for (const char c : text) {
    if (kShell.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

[[noreturn]] void malformed() {
  throw Error(Code::kUsage,
              "a property name and value must be provided in the form <section/property>=<value> "
              "or <section/property>=(\"<value>\" ...)");
}

// Words as a POSIX shell splits them: blanks, '...', "..." with \" and \\, backslash elsewhere.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote_mark = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote_mark != '\'';
    if (escapes && i + 1 == text.size()) malformed();
    if (escapes && (quote_mark == 0 || text[i + 1] == '"' || text[i + 1] == '\\')) {
      word += text[++i];
      in_word = true;
    } else if (c == quote_mark) {
      quote_mark = 0;
    } else if (quote_mark == 0 && (c == '\'' || c == '"')) {
      quote_mark = c;
      in_word = true;
    } else if (quote_mark == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote_mark != 0) malformed();
  if (in_word) words.push_back(std::move(word));
  return words;
}

Assignment parse_assignment(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  const std::size_t slash = argument.substr(0, equals).rfind('/');
  if (equals == std::string_view::npos || slash == std::string_view::npos) malformed();
  Assignment result;
  result.section = argument.substr(0, slash);
  result.name = argument.substr(slash + 1, equals - slash - 1);
  const std::string_view value = argument.substr(equals + 1);
  if (value.size() > 1 && value.front() == '(' && value.back() == ')') {
    result.values = split_words(value.substr(1, value.size() - 2));
    result.is_list = true;
  } else {
    result.values.emplace_back(value);
  }
  return result;
}

}  // namespace

std::vector<Assignment> parse_assignments(const std::vector<std::string>& arguments) {
  if (arguments.empty()) malformed();
  std::vector<Assignment> result;
  for (const std::string& argument : arguments) {
    Assignment next = parse_assignment(argument);
    const auto same = std::find_if(result.begin(), result.end(), [&](const Assignment& a) {
      return a.section == next.section && a.name == next.name;
    });
    if (same == result.end()) {
      result.push_back(std::move(next));
    } else {
      same->is_list = true;
      same->values.insert(same->values.end(), next.values.begin(), next.values.end());
    }
  }
  return result;
}

const Property* find_property(const std::vector<Property>& properties,
                              std::string_view section_and_name) {
  const auto place = std::find_if(properties.begin(), properties.end(), [&](const Property& p) {
    return p.section + "/" + p.name == section_and_name;
  });
  return place == properties.end() ? nullptr : &*place;
}

std::string property_text(const PropertyValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "True" : "False";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return quote(*text);
  std::string result;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& element : *list) {
      result += (result.empty() ? "(" : " ") + quote(element);
    }
    result += result.empty() ? "()" : ")";
  }
  return result;
}

}  // namespace metaset::depot
