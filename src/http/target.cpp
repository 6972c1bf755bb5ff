#include "metaset/http/target.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"
#include "metaset/http/error_page.h"
#include "metaset/http/routes.h"

#include "http/percent_byte.h"

namespace metaset::http {
namespace {

constexpr std::string_view kMetasetView = "metaset";
constexpr std::string_view kStagingView = "staging";

// Calls take(segment) for what lies between slashes; empty segments are left out.
template <typename Take>
void for_each_segment(std::string_view path, Take take) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end != 0) take(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
}

bool has_dot_segment(std::string_view text) {
  bool found = false;
  for_each_segment(text, [&](std::string_view piece) { found |= piece == "." || piece == ".."; });
  return found;
}

// An absolute-form URI ("http://host/path") without its scheme and host.
std::string_view strip_origin(std::string_view uri) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!uri.starts_with(scheme)) continue;
    uri.remove_prefix(scheme.size());
    const std::size_t end = std::min(uri.find_first_of("/?"), uri.size());
    return uri.substr(end);
  }
  return uri;
}

}  // namespace

void Target::clear() {
  path_ = query_ = prefix_ = view_name_ = publisher_ = operation_ = version_ = {};
  view_ = View::kActive;
  all_.clear();
  segments_ = arguments_ = {};
  decoded_.clear();
  has_dots_ = false;
}

void Target::parse(std::string_view uri, std::string_view base) {
  clear();
  if (uri.size() > kMaxUri) throw StatusError(414, "The request URI is too long.");
  uri = strip_origin(uri);
  const std::size_t question = std::min(uri.find('?'), uri.size());
  path_ = uri.substr(0, question);
  query_ = uri.substr(std::min(question + 1, uri.size()));
  split();
  const std::size_t first = take_view(strip_base(base));
  prefix_ =
      first == 0
          ? path_.substr(0, 0)
          : path_.substr(0, static_cast<std::size_t>(all_[first - 1].raw.data() - path_.data()) +
                                all_[first - 1].raw.size());
  segments_ = std::span<const Segment>(all_).subspan(first);
  take_operation();
}

void Target::split() {
  // ISO-8859-1 doubles at most, and views into the buffer must stay valid.
  decoded_.reserve(2 * path_.size());
  for_each_segment(path_, [this](std::string_view raw) {
    if (all_.size() == kMaxSegments)
      throw StatusError(414, "The request URI has too many segments.");
    const std::string_view text = decode(raw);
    has_dots_ |= has_dot_segment(text);
    all_.push_back({raw, text});
  });
}

std::string_view Target::decode(std::string_view raw) {
  const auto plain = [](char c) { return c != '%' && static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(raw.begin(), raw.end(), plain)) return raw;
  const std::size_t start = decoded_.size();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::optional<char> coded = percent_byte(raw.substr(i));
    const char byte = coded.value_or(raw[i]);
    if (coded) i += 2;
    if (byte == '\0') throw Error(Code::kInvalid, "The request URI has a NUL character.");
    decoded_.push_back(byte);
  }
  const std::string_view bytes(decoded_.data() + start, decoded_.size() - start);
  if (is_utf8(bytes)) return bytes;
  const std::string text = utf8_from_latin1(bytes);
  decoded_.resize(start);
  decoded_.insert(decoded_.end(), text.begin(), text.end());
  return {decoded_.data() + start, decoded_.size() - start};
}

// The number of leading segments that are the base.
std::size_t Target::strip_base(std::string_view base) const {
  std::size_t count = 0;
  bool below = true;
  for_each_segment(base, [&](std::string_view wanted) {
    below = below && count < all_.size() && all_[count].text == wanted;
    ++count;
  });
  if (!below) throw Error(Code::kNotFound, "Nothing matches the given URI.");
  return count;
}

std::size_t Target::take_view(std::size_t first) {
  if (all_.size() - first < 2) return first;
  const std::string_view word = all_[first].text;
  if (word != kMetasetView && word != kStagingView) return first;
  view_ = word == kMetasetView ? View::kMetaset : View::kStaging;
  view_name_ = all_[first + 1].text;
  return first + 2;
}

void Target::take_operation() {
  if (segments_.empty()) return;
  const char* const first = segments_[0].raw.data();
  const bool double_slash = first - path_.data() >= 2 && first[-2] == '/';
  if (double_slash) return;
  std::size_t at = 0;
  if (!is_operation_word(segments_[0].text)) {
    publisher_ = segments_[0].text;
    at = 1;
    if (segments_.size() < 2 || !is_operation_word(segments_[1].text)) return;
  }
  operation_ = segments_[at].text;
  arguments_ = segments_.subspan(at + 1);
  if (!has_version(operation_) || arguments_.empty()) return;
  version_ = arguments_[0].text;
  arguments_ = arguments_.subspan(1);
}

std::string joined(std::span<const Segment> segments) {
  std::string text;
  for (const Segment& segment : segments) {
    if (!text.empty()) text += '/';
    text += segment.text;
  }
  return text;
}

std::string Target::joined_arguments() const { return joined(arguments_); }

std::string_view script_base(std::string_view script_name, std::string_view path_info,
                             std::string_view uri) {
  // Without PATH_INFO some servers give the whole path as SCRIPT_NAME: then nothing is to be
  // stripped.
  if (!path_info.empty()) return script_name;
  const std::string_view path = uri.substr(0, std::min(uri.find('?'), uri.size()));
  const bool continues = path.size() > script_name.size() && path.starts_with(script_name) &&
                         path[script_name.size()] == '/';
  return continues ? script_name : std::string_view{};
}

}  // namespace metaset::http
