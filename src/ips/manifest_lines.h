// The lines of a manifest as actions see them: continuations joined, comments left out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace metaset::ips {

class ManifestLines {
 public:
  // kLimit if the text is too long. It must outlive this object.
  explicit ManifestLines(std::string_view text);

  // The next action line; false at the end. It points into the text or into this object, then until
  // the next call. kInvalid for a carriage return, kLimit for an action that is too long.
  bool next(std::string_view& line);
  // The number of the first line of the action that next() gave, from 1.
  std::size_t number() const { return first_; }
  // True if the last line asked for a continuation. The original ignores such lines.
  bool unfinished() const { return unfinished_; }

 private:
  std::string_view take_physical_line();

  std::string_view rest_;
  std::string joined_;
  std::size_t current_ = 0;
  std::size_t first_ = 0;
  bool unfinished_ = false;
};

}  // namespace metaset::ips
