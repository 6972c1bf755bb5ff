// What a request URI names (protocol/http.md sections 1.1 and 1.3).
//
//   [base] [view] ["/" publisher] ["/" operation ["/" version *("/" argument)]]
//   view = "/metaset/" (number or UTC time) | "/staging/" area
//
// The raw path is split at literal slashes first; then every segment is decoded by itself, so %2F
// in a segment is data. Empty segments are dropped, but a path that begins with "//" names no
// operation. Thread-safety: values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::http {

inline constexpr std::size_t kMaxUri = 32 * 1024;  // bytes
inline constexpr std::size_t kMaxSegments = 256;

struct Segment {
  std::string_view raw;
  std::string_view text;  // decoded, always UTF-8: other bytes were read as ISO-8859-1
};
// With slashes between them.
std::string joined(std::span<const Segment> segments);

enum class View { kActive, kMetaset, kStaging };

class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;  // its views point into itself
  Target& operator=(const Target&) = delete;

  // Parses anew, reusing memory. `uri` is the raw REQUEST_URI and must outlive the target; `base`
  // is the decoded path that the web server mounted us at, with or without slashes around it.
  // StatusError 414 if a bound above is exceeded; kNotFound if the path is not below the base;
  // kInvalid for an encoded NUL.
  void parse(std::string_view uri, std::string_view base);
  // Names nothing any more: for when the URI goes.
  void clear();

  std::string_view path() const { return path_; }    // raw, with base and view
  std::string_view query() const { return query_; }  // raw, without the '?'
  View view() const { return view_; }
  // The number, time or area, decoded; "" for the active metaset.
  std::string_view view_name() const { return view_name_; }
  // The path of the view and the base, raw, without a final slash: "/r/metaset/7"; "" at the root.
  std::string_view prefix() const { return prefix_; }
  // The segments below base and view.
  std::span<const Segment> segments() const { return segments_; }
  // "" if the path names none. The publisher may be any text: whether it exists is not known here.
  std::string_view publisher() const { return publisher_; }
  std::string_view operation() const { return operation_; }
  // "" if there is none.
  std::string_view version() const { return version_; }
  std::span<const Segment> arguments() const { return arguments_; }
  // The decoded arguments joined with '/': undoes what proxies that decode %2F did.
  std::string joined_arguments() const;
  // True if the path, decoded, has a "." or ".." segment. A web server that resolves them may have
  // applied the access rules of another path.
  bool has_dots() const { return has_dots_; }
  bool ends_with_slash() const { return !path_.empty() && path_.back() == '/'; }

 private:
  void split();
  std::string_view decode(std::string_view raw);
  std::size_t strip_base(std::string_view base) const;
  std::size_t take_view(std::size_t first);
  void take_operation();

  std::string_view path_;
  std::string_view query_;
  std::string_view prefix_;
  View view_ = View::kActive;
  std::string_view view_name_;
  std::string_view publisher_;
  std::string_view operation_;
  std::string_view version_;
  std::vector<Segment> all_;
  std::span<const Segment> segments_;
  std::span<const Segment> arguments_;
  std::vector<char> decoded_;  // never grows while views into it exist
  bool has_dots_ = false;
};

// The base of a request whose web server did not say METASET_BASE: SCRIPT_NAME if the path
// continues behind it, else "".
std::string_view script_base(std::string_view script_name, std::string_view path_info,
                             std::string_view uri);

}  // namespace metaset::http
