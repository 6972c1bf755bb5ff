#include "metaset/web/links.h"

#include <algorithm>

#include "metaset/base/percent.h"

namespace metaset::web {
namespace {

// What people read in an address stays readable; these are allowed in any segment (RFC 3986).
std::string encode_path(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("@,:+"), text.size());
    out += percent_encode(text.substr(0, end), true);
    text.remove_prefix(end);
    if (text.empty()) break;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

Query& Query::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += text_.empty() ? '?' : '&';
  text_ += name;
  text_ += '=';
  text_ += percent_encode(value, true);
  return *this;
}

Links Links::of_page(std::string_view path_in_view, bool is_view) {
  std::string root;
  for (auto up = std::ranges::count(path_in_view, '/'); up > 1; --up) root += "../";
  if (root.empty()) root = "./";
  std::string base = is_view ? root + "../../" : root;
  return {std::move(root), std::move(base)};
}

std::string Links::page(std::string_view publisher, std::string_view page) const {
  std::string link = root_;
  if (!publisher.empty()) link += encode_path(publisher) + "/";
  return link += page;
}

std::string Links::package(std::string_view publisher, std::string_view name,
                           std::string_view version) const {
  std::string link = page(publisher, "package/") + encode_path(name);
  if (!version.empty()) link += "@" + encode_path(version);
  return link;
}

std::string Links::operation(std::string_view publisher, std::string_view operation,
                             std::string_view argument) const {
  return page(publisher, operation) + "/" + encode_path(argument);
}

std::string Links::metaset(std::uint64_t number) const {
  return root_ + "metasets/" + std::to_string(number);
}

std::string Links::view(std::uint64_t number) const {
  return base_ + "metaset/" + std::to_string(number) + "/";
}

}  // namespace metaset::web
