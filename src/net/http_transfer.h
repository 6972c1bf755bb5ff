// What becomes of one request while libcurl performs it, for this directory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <curl/curl.h>

#include "metaset/base/byte_sink.h"

namespace metaset::net {

inline constexpr std::uint64_t kMaxHeaders = 256 << 10;
inline constexpr std::uint64_t kMaxOtherBody = 256
                                               << 10;  // of replies without a body for the caller

// One request while libcurl performs it.
struct Transfer {
  CURL* curl = nullptr;
  ByteSink* body = nullptr;
  std::string* other_body = nullptr;
  std::map<std::string, std::string, std::less<>>* fields = nullptr;
  std::uint64_t max_size = 0;
  std::uint64_t headers = 0, bytes = 0, other_bytes = 0;
  bool begun = false, enough = false, too_large = false, too_many_headers = false;
  std::exception_ptr error;

  unsigned status() const {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<unsigned>(status);
  }

  bool take_header(std::string_view line) {
    headers += line.size();
    if (fields != nullptr) take_field(line);
    too_many_headers = headers > kMaxHeaders;
    return !too_many_headers;
  }
  void take_field(std::string_view line) const {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    line.remove_prefix(colon + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    (*fields)[std::move(name)] = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
  }
  bool take(std::string_view piece) {
    if (status() != 200) {
      other_bytes += piece.size();
      enough = other_bytes > kMaxOtherBody;
      if (!enough && other_body != nullptr) other_body->append(piece);
      return !enough;
    }
    bytes += piece.size();
    too_large = bytes > max_size;
    if (too_large) return false;
    try {
      begin();
      enough = !body->write(piece);
    } catch (...) {
      error = std::current_exception();
    }
    return !enough && !error;
  }
  void begin() {
    if (!begun) body->begin();
    begun = true;
  }
};

struct StringSink : ByteSink {
  explicit StringSink(std::string& to) : text(to) {}
  void begin() override { text.clear(); }
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  std::string& text;
};

struct FreeCurlList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, FreeCurlList>;

inline CurlList with_header(CurlList list, const std::string& header) {
  curl_slist* const longer = curl_slist_append(list.get(), header.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  return CurlList(longer);
}

}  // namespace metaset::net
