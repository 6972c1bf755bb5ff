// The canonical form of catalog files, which their signatures are taken over.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <rapidjson/rapidjson.h>

#include "metaset/base/hash.h"

namespace metaset::ips {

// Takes JSON events, hashes the canonical form of everything but `_SIGNATURE` and picks out what
// `_SIGNATURE` and `_FEATURE` say. For parse_events() and Value::Accept().
class CanonicalHasher {
 public:
  // `upper`: \u escapes in upper-case hex.
  explicit CanonicalHasher(bool upper) : sha1_(HashKind::kSha1), upper_(upper) {}

  // Why an event was refused. unsorted(): only because keys are not in code point order.
  const std::string& error() const { return error_; }
  bool unsorted() const { return unsorted_; }
  bool has_escapes() const { return has_escapes_; }
  bool utf8_feature() const { return utf8_feature_; }
  const std::string& signature() const { return signature_; }  // empty: none
  Sha1 finish();

  bool Null() { return scalar("null"); }
  bool Bool(bool value) { return scalar(value ? "true" : "false"); }
  bool Int(int value) { return scalar(std::to_string(value)); }
  bool Uint(unsigned value) { return scalar(std::to_string(value)); }
  bool Int64(std::int64_t value) { return scalar(std::to_string(value)); }
  bool Uint64(std::uint64_t value) { return scalar(std::to_string(value)); }
  bool Double(double value) { return scalar(fmt::format("{}", value)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return scalar(std::string_view(text, size));
  }
  bool String(const char* text, rapidjson::SizeType size, bool);
  bool Key(const char* text, rapidjson::SizeType size, bool);
  bool StartObject() { return start('{'); }
  bool StartArray() { return depth_ == 0 ? fail("not a JSON object") : start('['); }
  bool EndObject(rapidjson::SizeType) { return end('}'); }
  bool EndArray(rapidjson::SizeType) { return end(']'); }

 private:
  static constexpr std::size_t kMaxDepth = 32;
  struct Level {
    std::string key;  // the last one
    bool any = false;
    bool after_key = false;
  };

  bool fail(std::string_view reason);
  void separate();
  bool append(std::string_view text);
  bool scalar(std::string_view text);
  bool start(char bracket);
  bool end(char bracket);
  bool flush_if_full();

  Hasher sha1_;
  bool upper_;
  std::string buffer_;
  std::array<Level, kMaxDepth + 1> levels_{};
  std::size_t depth_ = 0;
  std::size_t skipped_ = 0;  // inside `_SIGNATURE`: 1 after its key, 2 in its object, ...
  bool in_sha1_ = false;
  bool unsorted_ = false;
  bool has_escapes_ = false;
  bool utf8_feature_ = false;
  std::string signature_;
  std::string error_;
};

}  // namespace metaset::ips
