// What the HTTP client has to know of URLs.
#pragma once

#include <string>
#include <string_view>

namespace metaset::net {

bool is_http_url(const std::string& url);  // http or https, with a host
bool is_https_url(const std::string& url);
// Whether both have the same scheme, host and port.
bool is_same_origin(const std::string& url, const std::string& other);

}  // namespace metaset::net
