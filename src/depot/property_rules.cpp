#include "depot/property_rules.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"

namespace metaset::depot {

namespace {

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.';
}

bool is_port(std::string_view text) {
  return text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// host [":" port]; no user: passwords do not belong into a document that everybody reads.
bool is_authority(std::string_view text) {
  std::string_view host;
  if (text.starts_with("[")) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  } else {
    host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
    if (!std::all_of(host.begin(), host.end(), is_host_character)) return false;
    if (host.starts_with(".") || host.starts_with("-")) return false;
  }
  return !host.empty() && (text.empty() || (text.front() == ':' && is_port(text.substr(1))));
}

bool is_plain(std::string_view uri) {
  return is_utf8(uri) && std::all_of(uri.begin(), uri.end(), [](char c) {
           return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '<' &&
                  c != '>';
         });
}

}  // namespace

void invalid_value(const Assignment& assignment) {
  std::string value;
  for (const std::string& element : assignment.values) {
    if (!value.empty()) value += ", ";
    value += assignment.is_list ? "'" + element + "'" : element;
  }
  if (assignment.is_list) value = "[" + value + "]";
  throw Error(Code::kInvalid, "Invalid value '" + value + "' for property '" + assignment.name +
                                  "' in section '" + assignment.section + "'.");
}

const std::string& single_value(const Assignment& assignment) {
  if (assignment.is_list || assignment.values.size() != 1) invalid_value(assignment);
  return assignment.values.front();
}

void check_repository_uri(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  std::string scheme(colon == std::string_view::npos ? "" : uri.substr(0, colon));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  if (scheme != "file" && scheme != "http" && scheme != "https") {
    throw Error(Code::kInvalid, "The URI '" + std::string(uri) + "' uses the unsupported scheme '" +
                                    scheme +
                                    "'.  Supported schemes are file://, http://, and https://.");
  }
  std::string_view rest = uri.substr(colon + 1);
  bool legal = is_plain(uri) && rest.starts_with(scheme == "file" ? "/" : "//");
  if (legal && scheme != "file") {
    rest.remove_prefix(2);
    legal = is_authority(rest.substr(0, rest.find_first_of("/?#")));
  }
  if (!legal) throw Error(Code::kInvalid, "'" + std::string(uri) + "' is not a valid URI.");
}

}  // namespace metaset::depot
