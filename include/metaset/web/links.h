// Links from one page to others: relative, so that they are right below every path, view and proxy.
//
//   [base] [view] "/" [publisher "/"] page
//
// Thread-safety: values. Errors: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace metaset::web {

// A query string that grows: "" or "?a=1&b=2", encoded.
class Query {
 public:
  // Nothing is added for an empty value.
  Query& add(std::string_view name, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Links {
 public:
  Links() = default;
  // `root`: from the page to the top of the view, "./" or "../../"; `base`: to that of the depot.
  Links(std::string root, std::string base) : root_(std::move(root)), base_(std::move(base)) {}
  // The path of a page, as it was asked for, below the top of its view: "/a/b" is one up.
  // `is_view`: the view has two segments of its own.
  static Links of_page(std::string_view path_in_view, bool is_view);

  const std::string& root() const { return root_; }
  const std::string& base() const { return base_; }
  // `publisher` may be empty. A page is "", "packages", ...
  std::string page(std::string_view publisher, std::string_view page) const;
  std::string package(std::string_view publisher, std::string_view name,
                      std::string_view version) const;
  std::string operation(std::string_view publisher, std::string_view operation,
                        std::string_view argument) const;
  std::string metaset(std::uint64_t number) const;  // its page
  std::string view(std::uint64_t number) const;     // the depot as it was then

 private:
  std::string root_ = "./", base_ = "./";
};

}  // namespace metaset::web
