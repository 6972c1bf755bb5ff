// FastCGI records as somebody else reads them: what a web server makes of an answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/fcgi_client.h"
#include "fuzz.h"

namespace metaset::fuzz {

struct FastcgiRecord {
  unsigned char version = 0, type = 0;
  std::string_view content;
};

// Takes the first record; nullopt if it is not whole.
inline std::optional<FastcgiRecord> take_record(std::string_view& bytes) {
  constexpr std::size_t kHeader = 8;
  if (bytes.size() < kHeader) return std::nullopt;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const std::size_t size = std::size_t{at(4)} * 256 + at(5);
  const std::size_t padding = at(6);
  const std::size_t all = kHeader + size + padding;
  if (bytes.size() < all) return std::nullopt;
  const FastcgiRecord record{at(0), at(1), bytes.substr(kHeader, size)};
  bytes.remove_prefix(all);
  return record;
}

// Whole records, of the types that an application sends. True if one of them ends a request.
inline bool check_records(std::string_view answers) {
  constexpr unsigned char kValuesResult = 10;
  bool ends = false;
  while (!answers.empty()) {
    const auto record = take_record(answers);
    require(record.has_value() && record->version == 1);
    switch (record->type) {
      case fcgi::kStdout:
      case fcgi::kStderr:
      case kValuesResult:
        break;
      case fcgi::kEnd:
        ends = true;
        require(record->content.size() == 8);
        break;
      default:
        require(false);
    }
  }
  return ends;
}

}  // namespace metaset::fuzz
