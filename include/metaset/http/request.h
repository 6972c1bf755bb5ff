// A request: the CGI environment by name, header fields, and the body with its bounds.
//
// The environment is read in one pass; nothing of it is copied. Views point into the gateway's
// memory and live as long as the request. Thread-safety: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metaset/http/gateway.h"

namespace metaset::http {

// Bits, so that a route can name several.
// Whether it is one of the METASET_ parameters of locations and requests.
bool is_location_parameter(std::string_view name);
// Whether it is a METASET_ variable of one of the programs themselves.
bool is_program_variable(std::string_view name);

enum Method : unsigned { kGet = 1, kHead = 2, kPost = 4, kPut = 8, kOtherMethod = 16 };

// The parameters that every request is asked for. kParamNames in request.cpp has their names.
enum class Param : std::size_t {
  kMethod,
  kUri,
  kQuery,
  kScriptName,
  kPathInfo,
  kContentLength,
  kAcceptEncoding,
  kRange,
  kIfRange,
  kIfMatch,
  kIfNoneMatch,
  kIfModifiedSince,
  kIfUnmodifiedSince,
  kRoot,
  kMode,
  kDisableOps,
  kAccel,
  kBase,
  kAuth,
  kArea,
  kClose,
  kPreview,
  kView,
  kPastViews,
  kTransfer,
  kGroup,
  kMemory,
  kRequestTime,
  kSearchSeconds,
  kSlowSearches,
  kTemplates,
  kMetrics,
  kMetricsTo,
  kRequestId,
  kCount,
};

class Request {
 public:
  explicit Request(Gateway& gateway);

  Method method() const { return method_; }
  std::string_view method_name() const { return (*this)[Param::kMethod]; }
  // Empty if absent: an empty value and none are the same thing here.
  std::string_view operator[](Param param) const {
    return params_[static_cast<std::size_t>(param)];
  }
  // Any other parameter or header field, by a linear search: "REMOTE_ADDR"; "Client-Release".
  std::string_view param(std::string_view name) const;
  std::string_view header(std::string_view name) const;
  // All header fields whose names begin with `prefix` (letter case does not count), in the order of
  // the environment. Names as in the environment, without HTTP_: "X_IPKG_SETATTR0".
  std::vector<std::pair<std::string_view, std::string_view>> headers(std::string_view prefix) const;
  // The first METASET_ parameter that no one knows; empty if there is none.
  std::string_view unknown_parameter() const { return unknown_; }

  Gateway& gateway() const { return gateway_; }

  // nullopt if the length is not known beforehand; kInvalid if it is not a number.
  std::optional<std::uint64_t> content_length() const;
  // Up to `size` bytes; 0 at the end. kInvalid if the body is shorter or longer than its
  // Content-Length.
  std::size_t read(char* buffer, std::size_t size);
  // All of the body; kLimit if it is longer than max_size bytes.
  std::string read_body(std::uint64_t max_size);
  std::uint64_t received() const { return body_read_; }  // bytes of the body so far

 private:
  void scan(const char* const* environment);
  Gateway& gateway_;
  Method method_ = kOtherMethod;
  std::array<std::string_view, static_cast<std::size_t>(Param::kCount)> params_;
  std::string_view unknown_;
  std::uint64_t body_read_ = 0;
};

// name=value pairs of a query string or a form body: '+' is a blank, %XX a byte, and a '%' without
// two hex digits itself. kLimit for more than 1000 pairs.
std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text);
// The value of the first pair of that name.
std::optional<std::string> form_value(std::string_view text, std::string_view name);

}  // namespace metaset::http
