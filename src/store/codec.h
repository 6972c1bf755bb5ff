// How records are written: varints, length-prefixed bytes, raw digests. Private to the store.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"

namespace metaset::store {

// What a Decoder throws: kCorrupt, for bytes of the database.
class DecodeError : public Error {
 public:
  using Error::Error;
};

class Encoder {
 public:
  Encoder& u64(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  Encoder& boolean(bool value) { return u64(value ? 1 : 0); }
  Encoder& time(Time value) {
    // Zigzag: times before 1970 are legal, if unlikely.
    const auto bits = static_cast<std::uint64_t>(value.micros);
    return u64((bits << 1) ^ (value.micros < 0 ? ~std::uint64_t{0} : 0));
  }
  Encoder& text(std::string_view value) {
    u64(value.size());
    out_.append(value);
    return *this;
  }
  template <std::size_t N>
  Encoder& raw(const std::array<std::uint8_t, N>& value) {
    out_.append(reinterpret_cast<const char*>(value.data()), N);
    return *this;
  }
  // What is encoded already.
  Encoder& append(std::string_view bytes) {
    out_.append(bytes);
    return *this;
  }
  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class Decoder {
 public:
  Decoder(std::string_view bytes, std::string_view record) : rest_(bytes), record_(record) {}
  std::uint64_t u64() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1)[0]);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    fail();
  }
  std::uint32_t u32() {
    const std::uint64_t value = u64();
    if (value > 0xffffffffu) fail();
    return static_cast<std::uint32_t>(value);
  }
  bool boolean() {
    const std::uint64_t value = u64();
    if (value > 1) fail();
    return value == 1;
  }
  Time time() {
    const std::uint64_t bits = u64();
    const std::uint64_t value = (bits >> 1) ^ ((bits & 1) != 0 ? ~std::uint64_t{0} : 0);
    return Time{static_cast<std::int64_t>(value)};
  }
  std::string text() { return std::string(text_view()); }
  // As long as the bytes that are decoded.
  std::string_view text_view() {
    const std::uint64_t size = u64();
    if (size > rest_.size()) fail();
    return take(static_cast<std::size_t>(size));
  }
  // A count of things that each take at least one byte: bounds what a damaged record can make us
  // allocate.
  std::size_t count() {
    const std::uint64_t value = u64();
    if (value > rest_.size()) fail();
    return static_cast<std::size_t>(value);
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> raw() {
    std::array<std::uint8_t, N> value;
    const std::string_view bytes = take(N);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(value.data()));
    return value;
  }
  // The record ends here.
  void end() const {
    if (!rest_.empty()) fail();
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) fail();
    const std::string_view result = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return result;
  }
  [[noreturn]] void fail() const {
    throw DecodeError(Code::kCorrupt,
                      "damaged " + std::string(record_) + " record in the database");
  }
  std::string_view rest_;
  std::string_view record_;
};

}  // namespace metaset::store
