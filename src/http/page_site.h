// What src/web needs to know of a request for a page, for this directory.
// Thread-safety: one thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "metaset/http/exchange.h"
#include "metaset/web/site.h"

namespace metaset::http {

// [publisher "/"] [name *("/" segment)]
struct PagePath {
  std::string publisher;          // known in the view; empty: none
  std::string name;               // of the page; empty: home
  std::span<const Segment> rest;  // behind the name, decoded
  std::string with_slash;         // relative: the same address with a slash at its end
};

// StatusError 404 for a path that no page can have.
PagePath page_path(Exchange& exchange);

// The style sheet, if that is its name.
bool answer_style(Exchange& exchange, std::string_view name);

// Prepares the answer to a request for a page: header fields, validator, what is around the page.
class PageSite {
 public:
  // `more` gives what the page depends on besides its address, the metasets and the templates.
  using More = std::function<std::string(const web::Site&)>;
  explicit PageSite(Exchange& exchange, const More& more = {});
  // The client has it already: 304 is the answer, and nothing is to be rendered.
  bool is_current() const { return current_; }
  const web::Site& site() const { return *site_; }
  const PagePath& path() const { return path_; }

 private:
  PagePath path_;
  std::optional<web::PayloadTexts> texts_;
  std::optional<web::Site> site_;
  bool current_ = false;
};

}  // namespace metaset::http
