#include "answer.h"

namespace metaset::bench {
namespace {

constexpr std::size_t kHeader = 8;
constexpr std::size_t kLargestRecord = 65528;  // a multiple of eight: no padding
constexpr char kVersion = 1;
constexpr char kBeginRequest = 1;
constexpr char kEndRequest = 3;
constexpr char kInput = 5;
constexpr char kOutput = 6;

}  // namespace

Answer::Answer(std::string_view response) {
  while (!response.empty()) {
    const std::string_view content = response.substr(0, kLargestRecord);
    append(kOutput, content);
    response.remove_prefix(content.size());
  }
  append(kOutput, {});
  append(kEndRequest, std::string(8, '\0'));  // status 0, and complete
}

void Answer::append(char type, std::string_view content) {
  headers_.push_back(bytes_.size());
  const auto high = static_cast<char>(content.size() >> 8);
  const auto low = static_cast<char>(content.size() & 0xff);
  bytes_.append({kVersion, type, 0, 0, high, low, 0, 0}).append(content);
}

std::string_view Answer::to(std::string_view request) {
  for (const std::size_t header : headers_) bytes_.replace(header + 2, 2, request, 2, 2);
  return bytes_;
}

bool is_whole(std::string_view request) {
  if (request.size() < 2 * kHeader || request[1] != kBeginRequest) return false;
  const std::string_view last = request.substr(request.size() - kHeader);
  return last[1] == kInput && last[4] == 0 && last[5] == 0;
}

}  // namespace metaset::bench
