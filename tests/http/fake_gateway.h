// A gateway in memory, and what a client would see of the answer.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/http/gateway.h"

namespace metaset::http {

using Environment = std::map<std::string, std::string>;

class FakeGateway : public Gateway {
 public:
  explicit FakeGateway(const Environment& environment, std::string body = {})
      : body_(std::move(body)) {
    for (const auto& [name, value] : environment) lines_.push_back(name + "=" + value);
    for (const std::string& line : lines_) pointers_.push_back(line.c_str());
    pointers_.push_back(nullptr);
  }
  const char* const* environment() const override { return pointers_.data(); }
  std::size_t read(char* buffer, std::size_t size) override {
    // Small pieces, as they come from a network.
    const std::size_t count = std::min({size, body_.size() - read_, std::size_t{1000}});
    body_.copy(buffer, count, read_);
    read_ += count;
    return count;
  }
  void write(std::span<const std::string_view> parts) override {
    ++writes_;
    for (const std::string_view part : parts) output_ += part;
  }
  void abort() noexcept override { aborted_ = true; }
  void close_after() noexcept override { closes_ = true; }

  // For an answer that is kept without more memory.
  void make_room(std::size_t size) { output_.reserve(size); }
  const std::string& output() const { return output_; }
  int writes() const { return writes_; }
  bool aborted() const { return aborted_; }
  bool closes() const { return closes_; }

  int status() const { return std::atoi(field("Status").c_str()); }
  std::string body() const { return output_.substr(output_.find("\r\n\r\n") + 4); }
  bool has_field(std::string_view name) const { return find(name) != std::string::npos; }
  // The value of a header field; "" if there is none.
  std::string field(std::string_view name) const {
    const std::size_t start = find(name);
    if (start == std::string::npos) return {};
    const std::size_t value = start + name.size() + 2;
    return output_.substr(value, output_.find("\r\n", value) - value);
  }

 private:
  std::size_t find(std::string_view name) const {
    const std::string head = "\r\n" + output_.substr(0, output_.find("\r\n\r\n") + 2);
    const std::size_t found = head.find("\r\n" + std::string(name) + ": ");
    return found;  // of the name in output_: the line end was put before
  }

  std::vector<std::string> lines_;
  std::vector<const char*> pointers_;
  std::string body_;
  std::size_t read_ = 0;
  std::string output_;
  int writes_ = 0;
  bool aborted_ = false;
  bool closes_ = false;
};

}  // namespace metaset::http
