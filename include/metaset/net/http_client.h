// HTTP and HTTPS requests to other depots, through libcurl. This is its only user.
//
// What a server sends is not trusted: bodies end at a limit that the caller gives, headers at
// 256 KiB, redirects at a number; a redirect leads to http or https only, and never from https to
// http; certificates are checked. Connecting, a transfer that crawls, and a request with all its
// attempts have time limits. A token goes to the host that was asked and not to where it redirects
// to. What may be over in a moment (no connection, a timeout, a body that was cut short, 429, 500,
// 502, 503, 504) is tried again, after waiting longer each time. Connections are kept for the next
// request. Proxies are used only if an option names one: variables such as http_proxy are ignored.
//
// post and stream are for services that are asked by POST with JSON, where only the caller knows
// what may be sent twice: they make one attempt, follow no redirect, and say how it ended.
//
// Thread-safety: a client belongs to one thread at a time; use one for each thread.
// Errors: kInvalid for what is no URL and for redirects that are not followed, kLimit for a body
// beyond the limit, kDenied if the server cannot prove who it is, kUnavailable if there is no
// proper answer after all attempts. Messages name the URL, without user and password.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/byte_sink.h"

namespace metaset::net {

struct HttpOptions {
  std::string ca_file;                  // PEM; empty: those of the system
  std::string client_cert, client_key;  // PEM; without a key it is in the file of the certificate
  std::string proxy;                    // a URL; empty: none
  std::string token;                    // for "Authorization: Bearer"; empty: none
  std::chrono::milliseconds connect_timeout{15'000};
  // A transfer with less than min_rate bytes a second for so long has failed.
  std::chrono::seconds stall_timeout{30};
  std::uint64_t min_rate = 1000;
  // Of get() with all its attempts, of a post, of a stream. 0: none.
  std::chrono::milliseconds total_timeout{std::chrono::hours{6}};
  std::stop_token stop;  // ends a request, within about a second: kUnavailable
  unsigned attempts = 4;
  std::chrono::milliseconds backoff{500};  // before the second attempt; doubled for each other
  unsigned redirects = 5;
};

enum class HttpCoding {
  kAsStored,  // the bytes of the file, whatever they are
  kGzip,      // may be compressed for the way; the limit is for the uncompressed body
};

struct HttpPost {
  std::string url;
  std::string_view body;             // JSON
  std::vector<std::string> headers;  // more of them, "Name: value"
  // Instead of total_timeout; of a stream until its body begins. 0: none.
  std::chrono::milliseconds timeout{0};
};

// One request as it is: no other attempt, no redirect that is followed, and of the path of the URL
// nothing is resolved.
struct HttpQuestion {
  std::string url;
  std::vector<std::string> headers;  // more of them, "Name: value"
};

struct HttpAnswer {
  unsigned status = 0;  // 0: there was no complete answer, `problem` says why
  std::string body;     // of stream(): only if the status is not 200, at most 256 KiB of that
  std::string problem;  // without user and password
  bool sent = true;     // false: the server cannot have seen the request
  bool trusted = true;  // false: the server could not prove who it is
  bool too_large = false;
  bool stopped = false;  // a stream: by its stop token
  bool expired = false;  // a stream: its limit of time came
  // Of ask(): the value of a header field by its name in lower case; the last one if it came twice.
  std::map<std::string, std::string, std::less<>> fields;
};

class HttpClient {
 public:
  explicit HttpClient(const HttpOptions& options);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;

  struct Reply {
    unsigned status = 0;
    bool complete = false;  // the body was taken to its end
  };
  // Any status but those that are tried again is a reply; only 200 has a body. A body that wanted
  // no more is no error.
  Reply get(const std::string& url, std::uint64_t max_size, HttpCoding coding, ByteSink& body);

  // The body, as it was sent, must fit in max_size.
  HttpAnswer ask(const HttpQuestion& question, std::uint64_t max_size);
  // A request goes over a connection of its own: one that is kept may have died meanwhile, and then
  // libcurl would send the request again. reuse: that may happen.
  HttpAnswer post(const HttpPost& post, std::uint64_t max_size, bool reuse);
  // Hands over the body as it comes, until it ends, a sink wants no more, `stop` is requested (from
  // any thread; it ends at once), or `limit` (0: none) is over.
  HttpAnswer stream(const HttpPost& post, ByteSink& body, const std::stop_token& stop,
                    std::chrono::milliseconds limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The URL if it is http or https with a host, and without query and fragment; without slashes at
// the end. kInvalid.
std::string checked_base_url(std::string_view url);
// For messages.
std::string url_without_secrets(std::string_view url);

}  // namespace metaset::net
