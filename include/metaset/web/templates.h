// The templates of the web pages (man/metaset-web.5), parsed: those that are compiled in, and those
// of a directory in their place.
//
// A template is mustache, as kainjow-mustache reads it, with two differences: {{> NAME}} is
// replaced by the text of NAME.mustache when templates are read, and nothing can be put into a page
// without being escaped ({{{x}}}, {{&x}} and other delimiters are refused). Files of the directory
// are looked at again at most once a second.
// Thread-safety: one thread. Errors: kCorrupt naming a template that is broken.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace metaset::web {

class Templates {
 public:
  // Empty: only what is compiled in.
  explicit Templates(std::string directory);
  ~Templates();
  Templates(const Templates&) = delete;
  Templates& operator=(const Templates&) = delete;

  // Reads what has changed. Before each page.
  void refresh();
  // Of all texts and of the program's version, as hex: pages of equal digests look the same.
  const std::string& digest() const;
  // The style sheet, and the name that it is asked for by, which changes with it.
  std::shared_ptr<const std::string> style() const;
  const std::string& style_name() const;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace metaset::web
