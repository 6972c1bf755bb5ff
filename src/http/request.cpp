#include "metaset/http/request.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "metaset/base/error.h"

#include "http/percent_byte.h"

namespace metaset::http {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Param::kCount)> kParamNames = {
    "REQUEST_METHOD",
    "REQUEST_URI",
    "QUERY_STRING",
    "SCRIPT_NAME",
    "PATH_INFO",
    "CONTENT_LENGTH",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_RANGE",
    "HTTP_IF_RANGE",
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
    "METASET_ROOT",
    "METASET_MODE",
    "METASET_DISABLE_OPS",
    "METASET_ACCEL",
    "METASET_BASE",
    "METASET_AUTH",
    "METASET_AREA",
    "METASET_CLOSE",
    "METASET_PREVIEW",
    "METASET_VIEW",
    "METASET_PAST_VIEWS",
    "METASET_TRANSFER",
    "METASET_GROUP",
    "METASET_MEMORY",
    "METASET_REQUEST_TIME",
    "METASET_SEARCH_SECONDS",
    "METASET_SLOW_SEARCHES",
    "METASET_TEMPLATES",
    "METASET_METRICS",
    "METASET_METRICS_TO",
    "METASET_REQUEST_ID",
};
constexpr std::string_view kOwnPrefix = "METASET_";
// Of the programs, not of a location: a CGI program finds them in the same environment.
constexpr std::array<std::string_view, 6> kProgramVariables = {
    "METASET_LOG",        "METASET_MAP_SIZE", "METASET_NGINX_DIR",
    "METASET_APACHE_DIR", "METASET_ETCD",     "METASET_GROUP_NAME"};
constexpr std::string_view kHeaderPrefix = "HTTP_";
constexpr std::size_t kMaxPairs = 1000;

Method method_of(std::string_view name) {
  if (name == "GET") return kGet;
  if (name == "HEAD") return kHead;
  if (name == "POST") return kPost;
  if (name == "PUT") return kPut;
  return kOtherMethod;
}

// The letter that a header field name has in the environment.
char environment_letter(char c) {
  if (c == '-') return '_';
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool begins_like_header(std::string_view variable, std::string_view field) {
  return variable.size() >= field.size() &&
         std::equal(field.begin(), field.end(), variable.begin(),
                    [](char f, char v) { return environment_letter(f) == v; });
}

std::string decode_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::optional<char> byte = percent_byte(text.substr(i))) {
      out += *byte;
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

bool is_location_parameter(std::string_view name) {
  return name.starts_with(kOwnPrefix) && std::ranges::find(kParamNames, name) != kParamNames.end();
}

bool is_program_variable(std::string_view name) {
  return std::ranges::find(kProgramVariables, name) != kProgramVariables.end();
}

Request::Request(Gateway& gateway) : gateway_(gateway) {
  scan(gateway.environment());
  method_ = method_of(method_name());
}

void Request::scan(const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const char* equals = std::strchr(*environment, '=');
    if (equals == nullptr) continue;
    const std::string_view name(*environment, static_cast<std::size_t>(equals - *environment));
    const auto known = std::find(kParamNames.begin(), kParamNames.end(), name);
    if (known != kParamNames.end()) {
      // The first one wins, as with getenv(3).
      auto& value = params_[static_cast<std::size_t>(known - kParamNames.begin())];
      if (value.data() == nullptr) value = equals + 1;
    } else if (name.starts_with(kOwnPrefix) && unknown_.empty() && !is_program_variable(name)) {
      unknown_ = name;
    }
  }
}

std::string_view Request::param(std::string_view name) const {
  for (const char* const* p = gateway_.environment(); *p != nullptr; ++p) {
    if (std::strncmp(*p, name.data(), name.size()) == 0 && (*p)[name.size()] == '=') {
      return *p + name.size() + 1;
    }
  }
  return {};
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [field, value] : headers(name)) {
    if (field.size() == name.size()) return value;
  }
  return {};
}

std::vector<std::pair<std::string_view, std::string_view>> Request::headers(
    std::string_view prefix) const {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  for (const char* const* p = gateway_.environment(); *p != nullptr; ++p) {
    std::string_view variable(*p);
    if (!variable.starts_with(kHeaderPrefix)) continue;
    variable.remove_prefix(kHeaderPrefix.size());
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    if (!begins_like_header(variable.substr(0, equals), prefix)) continue;
    found.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return found;
}

std::optional<std::uint64_t> Request::content_length() const {
  const std::string_view text = (*this)[Param::kContentLength];
  if (text.empty()) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw Error(Code::kInvalid, fmt::format("Content-Length '{}' is not a number of bytes.", text));
  }
  return length;
}

std::size_t Request::read(char* buffer, std::size_t size) {
  const std::size_t count = gateway_.read(buffer, size);
  body_read_ += count;
  const std::optional<std::uint64_t> length = content_length();
  if (length && (body_read_ > *length || (count == 0 && body_read_ < *length))) {
    throw Error(Code::kInvalid,
                fmt::format("The request body has {} {} bytes, its Content-Length is {}.",
                            count == 0 ? "only" : "at least", body_read_, *length));
  }
  return count;
}

std::string Request::read_body(std::uint64_t max_size) {
  constexpr std::uint64_t kFirst = 64 * 1024;
  const std::uint64_t expected = content_length().value_or(0);
  const auto too_long = [max_size] {
    return Error(Code::kLimit, fmt::format("The request body is longer than {} bytes.", max_size));
  };
  if (expected > max_size) throw too_long();
  std::string body;
  std::size_t used = 0;
  // A length that was only announced buys no more memory than what has come so far.
  body.resize(static_cast<std::size_t>(std::min(expected + 1, kFirst)));
  while (true) {
    if (used == body.size()) body.resize(std::max<std::size_t>(kFirst, used * 2));
    const std::size_t count = read(body.data() + used, body.size() - used);
    if (count == 0) break;
    used += count;
    if (used > max_size) throw too_long();
  }
  body.resize(used);
  return body;
}

std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (pairs.size() == kMaxPairs) {
      throw Error(Code::kLimit, fmt::format("More than {} form fields.", kMaxPairs));
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    pairs.emplace_back(decode_form(pair.substr(0, equals)), decode_form(value));
  }
  return pairs;
}

std::optional<std::string> form_value(std::string_view text, std::string_view name) {
  for (auto& [field, value] : parse_form(text)) {
    if (field == name) return std::move(value);
  }
  return std::nullopt;
}

}  // namespace metaset::http
