// What a handler answers. send.cpp turns it into bytes: content coding, conditions, ranges, HEAD,
// cache header fields and the hand-over of files are decided there, never in a handler.
// Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "metaset/base/clock.h"

namespace metaset::http {

inline constexpr std::string_view kJsonType = "application/json; charset=utf-8";

// Cache header fields of successful answers (protocol/http.md section 2.3). Errors carry none.
enum class Cache {
  kNone,        // no header field
  kBrief,       // 300 s: versions, status
  kRevalidate,  // no-cache: catalog files, which change together
  kSearch,      // the publisher's refresh_seconds, at most a day
  kRefresh,     // the publisher's refresh_seconds
  kProbe,       // a day: HEAD file/2
  kImmutable,   // a year: manifests and payloads by name
  kPage,        // no-cache, in every view: web pages, which depend on the program too
  kNever,       // publishing
};

using SharedBody = std::shared_ptr<const std::string>;

// Bytes that are stored gzip-compressed; whether they leave so depends on Accept-Encoding.
struct GzipBody {
  std::string bytes;
  std::uint64_t identity_size = 0;  // uncompressed, bytes
};

// Bytes that are kept in memory in both forms.
struct TwinBody {
  SharedBody identity, gzip;
};

// A file of the repository. The web server delivers it if it offered to and the file is worth it.
struct FileBody {
  std::string path;       // relative to the repository; not encoded
  std::string gzip_path;  // the same content compressed, beside it; empty if there is none
  std::uint64_t size = 0;
};

// Where a body goes while it is made.
class BodySink {
 public:
  BodySink() = default;
  virtual ~BodySink() = default;
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;
  // False: no more is wanted.
  virtual bool write(std::string_view piece) = 0;
};

// A body that may be too long for memory, made while it is sent; its length is not known before.
// What is short is answered like a string, an error before the first bytes left like any other;
// after a later one the peer notices that the body is not whole. The transactions of the request
// stay open until the body is made: whoever makes it bounds the time.
struct StreamBody {
  std::function<void(BodySink& sink)> produce;
  int status_if_empty = 200;  // 204: then without the header fields for caches too
};

// A view is for memory that outlives the response: literals, per-thread caches.
using Body = std::variant<std::monostate, std::string, SharedBody, std::string_view, GzipBody,
                          TwinBody, FileBody, StreamBody>;

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";  // a literal
  Body body;
  std::optional<Cache> cache;             // set: replaces the policy of the route
  std::uint32_t refresh_seconds = 14400;  // of the publisher, for kSearch and kRefresh
  // Validators of the representation; the tag without quotes, visible ASCII except '"'.
  std::string etag;
  std::optional<Time> last_modified;
  std::vector<std::pair<std::string_view, std::string>> headers;  // names are literals

  // kInternal for values with control characters: nothing may end a header line early.
  void add_header(std::string_view name, std::string value);
  void clear();
};

// The bytes 404 -> "Not Found"; "Unknown" for what has no name.
std::string_view reason_phrase(int status);

}  // namespace metaset::http
