#include <algorithm>

#include "metaset/ips/action.h"

#include "ips/text.h"

namespace metaset::ips {
namespace {

// The original leaves values with tabs bare, and its clients then cannot read the action.
bool needs_quotes(std::string_view value, bool in_list) {
  if (value.empty() || value.find_first_of(" '\"\t\n") != std::string_view::npos) return true;
  return !in_list && value.find("$(") != std::string_view::npos;
}

// True if a backslash of the value would be taken for an escape between such quotes.
bool has_ambiguous_backslash(std::string_view value, char quote) {
  for (std::size_t i = value.find('\\'); i < value.size(); i = value.find('\\', i + 1)) {
    if (i + 1 == value.size() || value[i + 1] == '\\' || value[i + 1] == quote) return true;
  }
  return false;
}

void append_escaped(std::string_view value, char quote, bool escape_backslashes, std::string& out) {
  for (const char c : value) {
    if (c == quote || (escape_backslashes && c == '\\')) out += '\\';
    out += c;
  }
}

}  // namespace

void append_quoted_value(std::string_view value, bool in_list, std::string& out) {
  if (!needs_quotes(value, in_list)) {
    out += value;
    return;
  }
  const bool single =
      value.find('"') != std::string_view::npos && value.find('\'') == std::string_view::npos;
  const char quote = single ? '\'' : '"';
  out += quote;
  // The original never escapes backslashes. So do we, unless the value would be read as another
  // one.
  append_escaped(value, quote, has_ambiguous_backslash(value, quote), out);
  out += quote;
}

std::string Action::text() const {
  std::vector<const Attribute*> sorted;
  sorted.reserve(attributes_.size() + 1);
  std::size_t size = type_name(type_).size() + hash_.size() + 8;
  for (const Attribute& attribute : attributes_) {
    sorted.push_back(&attribute);
    for (const std::string& value : attribute.values) {
      size += attribute.key.size() + value.size() + 4;
    }
  }
  std::string out;
  out.reserve(size);
  out += type_name(type_);
  Attribute hash;
  if (!hash_.empty()) {
    if (hash_.find_first_of("= \t\n'\"") == std::string::npos) {
      out.append(1, ' ').append(hash_);
    } else {
      hash.key = "hash";
      hash.values.push_back(hash_);
      sorted.push_back(&hash);
    }
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Attribute* a, const Attribute* b) { return a->key < b->key; });
  for (const Attribute* attribute : sorted) {
    const bool in_list = attribute->values.size() > 1;
    for (const std::string& value : attribute->values) {
      out.append(1, ' ').append(attribute->key).append(1, '=');
      append_quoted_value(value, in_list, out);
    }
  }
  return out;
}

}  // namespace metaset::ips
