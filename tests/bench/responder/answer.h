// A FastCGI response that was made beforehand. Thread-safety: each thread has a copy.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::bench {

class Answer {
 public:
  // `response`: header fields, an empty line, the body.
  explicit Answer(std::string_view response);
  // All records, with the number that the request has, of which these are the first bytes.
  std::string_view to(std::string_view request);

 private:
  void append(char type, std::string_view content);
  std::string bytes_;
  std::vector<std::size_t> headers_;  // where records begin
};

// Whether this is a request from its first record to the last one, the empty one of its body.
bool is_whole(std::string_view request);

}  // namespace metaset::bench
