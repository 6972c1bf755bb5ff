// Error answers. The publishing clients parse the body of a 400 as XML and print its <p>
// (protocol/http.md section 3). Thread-safety: values.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metaset::http {

// An answer that no Code stands for, e.g. 403 "Directory listing not allowed." or 503 while
// indexing.
class StatusError : public std::exception {
 public:
  StatusError(int status, std::string message) : status_(status), message_(std::move(message)) {}
  StatusError&& with_header(std::string_view name, std::string value) && {
    headers_.emplace_back(name, std::move(value));
    return std::move(*this);
  }
  int status() const { return status_; }
  const std::string& message() const { return message_; }
  const std::vector<std::pair<std::string_view, std::string>>& headers() const { return headers_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  int status_;
  std::string message_;
  std::vector<std::pair<std::string_view, std::string>> headers_;  // names are literals
};

// Well-formed XHTML in UTF-8 with the message escaped in <p>, whatever bytes the message has.
std::string error_page(int status, std::string_view message);

}  // namespace metaset::http
