#include "net/http_url.h"

#include <algorithm>
#include <memory>
#include <new>
#include <optional>

#include <curl/curl.h>

#include "metaset/base/error.h"
#include "metaset/net/http_client.h"

namespace metaset::net {
namespace {

class ParsedUrl {
 public:
  explicit ParsedUrl(const std::string& text) : url_(curl_url()) {
    if (!url_) throw std::bad_alloc();
    // Without more flags only schemes that libcurl knows are taken.
    valid_ = text.find('\0') == std::string::npos &&
             curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  }
  bool valid() const { return valid_; }
  std::optional<std::string> part(CURLUPart which, unsigned flags = 0) const {
    char* text = nullptr;
    if (!valid_ || curl_url_get(url_.get(), which, &text, flags) != CURLUE_OK) return std::nullopt;
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
    return text;
  }
  void clear(CURLUPart which) { curl_url_set(url_.get(), which, nullptr, 0); }

 private:
  struct Cleanup {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };
  std::unique_ptr<CURLU, Cleanup> url_;
  bool valid_ = false;
};

bool has_scheme(const ParsedUrl& url, std::string_view scheme) {
  return url.part(CURLUPART_SCHEME) == scheme && !url.part(CURLUPART_HOST).value_or("").empty();
}

// What is no URL may have a password nevertheless.
std::string without_userinfo(std::string_view text) {
  std::string result(text);
  const std::size_t at = result.rfind('@'), slashes = result.find("//");
  if (at != std::string::npos) {
    const std::size_t from = slashes == std::string::npos || slashes > at ? 0 : slashes + 2;
    result.erase(from, at + 1 - from);
  }
  return result;
}

}  // namespace

bool is_https_url(const std::string& url) { return has_scheme(ParsedUrl(url), "https"); }
bool is_http_url(const std::string& url) {
  const ParsedUrl parsed(url);
  return has_scheme(parsed, "http") || has_scheme(parsed, "https");
}

bool is_same_origin(const std::string& url, const std::string& other) {
  const ParsedUrl one(url), two(other);
  const auto lower = [](std::optional<std::string> text) {
    std::string result = text.value_or("");
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return result;
  };
  return one.valid() && two.valid() && one.part(CURLUPART_SCHEME) == two.part(CURLUPART_SCHEME) &&
         lower(one.part(CURLUPART_HOST)) == lower(two.part(CURLUPART_HOST)) &&
         one.part(CURLUPART_PORT, CURLU_DEFAULT_PORT) ==
             two.part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string url_without_secrets(std::string_view text) {
  ParsedUrl url{std::string(text)};
  if (!url.valid()) return without_userinfo(text);
  if (!url.part(CURLUPART_USER) && !url.part(CURLUPART_PASSWORD)) return std::string(text);
  url.clear(CURLUPART_USER);
  url.clear(CURLUPART_PASSWORD);
  return url.part(CURLUPART_URL).value_or("");
}

std::string checked_base_url(std::string_view text) {
  std::string result(text);
  const ParsedUrl url(result);
  const bool plain = text.find_first_of("?#") == std::string_view::npos &&
                     std::none_of(text.begin(), text.end(), [](char c) {
                       return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
                     });
  if (!plain || !is_http_url(result)) {
    throw Error(Code::kInvalid, "'" + url_without_secrets(text) +
                                    "' is not the URL of a depot: http://HOST/PATH or "
                                    "https://HOST/PATH are, without '?' and '#'");
  }
  while (result.ends_with('/')) result.pop_back();
  return result;
}

}  // namespace metaset::net
