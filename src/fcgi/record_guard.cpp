#include "fcgi/record_guard.h"

#include <algorithm>

namespace metaset::fcgi {
namespace {

constexpr unsigned char kProtocolVersion = 1;
enum Type : unsigned char {
  kBeginRequest = 1,
  kAbortRequest = 2,
  kParams = 4,
  kStdin = 5,
  kGetValues = 9,
};
constexpr std::size_t kBeginSize = 8;
constexpr std::array<unsigned char, 2> kResponderRole = {0, 1};
constexpr unsigned char kLongLength = 0x80;

std::size_t size_of_length(unsigned char first) { return (first & kLongLength) != 0 ? 4 : 1; }

std::size_t length_at(const unsigned char* bytes) {
  if ((bytes[0] & kLongLength) == 0) return bytes[0];
  return (std::size_t{bytes[0]} & 0x7f) << 24 | std::size_t{bytes[1]} << 16 |
         std::size_t{bytes[2]} << 8 | std::size_t{bytes[3]};
}

}  // namespace

std::size_t PairGuard::take(std::span<const unsigned char> bytes) noexcept {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const auto rest = bytes.subspan(taken);
    if (left_ > 0) {
      const std::size_t size = std::min(left_, rest.size());
      left_ -= size;
      taken += size;
    } else if (take_short_lengths(rest)) {
      taken += 2;
    } else if (take_length_byte(rest[0])) {
      ++taken;
    } else {
      break;
    }
  }
  return taken;
}

// What most pairs begin with: two lengths of one byte, both there, and room for the longest ones.
inline bool PairGuard::take_short_lengths(std::span<const unsigned char> bytes) noexcept {
  constexpr std::size_t kMost = 2 * std::size_t{kLongLength - 1} + kPairCost;
  if (lengths_size_ > 0 || bytes.size() < 2 || total_ > kMaxTotal - kMost) return false;
  if (((bytes[0] | bytes[1]) & kLongLength) != 0) return false;
  left_ = std::size_t{bytes[0]} + bytes[1];
  total_ += left_ + kPairCost;
  return true;
}

// False: too large, now that the lengths are known.
bool PairGuard::take_length_byte(unsigned char byte) noexcept {
  if (too_large_) return false;
  lengths_[lengths_size_++] = byte;
  const std::size_t name_size = size_of_length(lengths_[0]);
  if (lengths_size_ <= name_size) return true;
  if (lengths_size_ < name_size + size_of_length(lengths_[name_size])) return true;
  const std::size_t name = length_at(lengths_.data());
  const std::size_t value = length_at(lengths_.data() + name_size);
  if (name > kMaxPair || value > kMaxPair - name || name + value + kPairCost > kMaxTotal - total_) {
    too_large_ = true;
    return false;
  }
  lengths_size_ = 0;
  left_ = name + value;
  total_ += name + value + kPairCost;
  return true;
}

std::size_t RecordGuard::take(std::span<const unsigned char> bytes) noexcept {
  std::size_t taken = 0;
  while (taken < bytes.size() && !stopped()) taken += take_part(bytes.subspan(taken));
  if (taken < bytes.size()) more_came_ = true;
  return taken;
}

bool RecordGuard::between_requests() const {
  const bool untouched = stage_ == Stage::kStart && part_ == Part::kHeader && header_size_ == 0;
  return (untouched || complete()) && !more_came_;
}

// At least one byte, unless that is a fault.
std::size_t RecordGuard::take_part(std::span<const unsigned char> bytes) noexcept {
  switch (part_) {
    case Part::kHeader:
      return take_header(bytes);
    case Part::kContent:
      return take_content(bytes.first(std::min(content_left_, bytes.size())));
    case Part::kPadding:
      break;
  }
  const std::size_t size = std::min(padding_left_, bytes.size());
  padding_left_ -= size;
  next_part();
  return size;
}

std::size_t RecordGuard::take_header(std::span<const unsigned char> bytes) noexcept {
  const std::size_t size = std::min(header_.size() - header_size_, bytes.size());
  std::copy_n(bytes.begin(), size, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
  // At once: who speaks something else may be waiting for an answer.
  if (header_size_ == 0 && header_[0] != kProtocolVersion) {
    fault_ = Fault::kVersion;
    return 0;
  }
  header_size_ += size;
  if (header_size_ < header_.size()) return size;
  header_size_ = 0;
  content_left_ = header_[4] * 256U + header_[5];
  padding_left_ = header_[6];
  fault_ = begin_record();
  if (fault_ != Fault::kNone) return size - 1;
  next_part();
  return size;
}

RecordGuard::Fault RecordGuard::begin_record() noexcept {
  switch (header_[1]) {
    case kBeginRequest:
      return begin_request();
    case kAbortRequest:
      return Fault::kAborted;
    case kParams:
      return begin_piece(Stage::kParams);
    case kStdin:
      return begin_piece(Stage::kBody);
    case kGetValues:
      return begin_get_values();
    default:
      return Fault::kType;
  }
}

RecordGuard::Fault RecordGuard::begin_request() noexcept {
  if (stage_ != Stage::kStart) return Fault::kNotDue;
  if (id() == 0) return Fault::kOtherId;
  if (content_left_ != kBeginSize) return Fault::kLength;
  if (padding_left_ > 0) return Fault::kPadding;
  request_id_ = id();
  pairs_ = PairGuard();
  stage_ = Stage::kParams;
  return Fault::kNone;
}

// Of parameters or of the body; an empty one is the end of it.
RecordGuard::Fault RecordGuard::begin_piece(Stage due) noexcept {
  if (stage_ != due) return Fault::kNotDue;
  if (id() != request_id_) return Fault::kOtherId;
  if (content_left_ > 0) return Fault::kNone;
  if (!pairs_.whole()) return Fault::kBrokenPair;
  if (due == Stage::kParams && padding_left_ > 0) return Fault::kPadding;
  stage_ = due == Stage::kParams ? Stage::kBody : Stage::kEnd;
  return Fault::kNone;
}

RecordGuard::Fault RecordGuard::begin_get_values() noexcept {
  if (stage_ != Stage::kStart) return Fault::kNotDue;
  if (id() != 0) return Fault::kOtherId;
  if (content_left_ > kMaxGetValues) return Fault::kLength;
  pairs_ = PairGuard();
  return Fault::kNone;
}

std::size_t RecordGuard::take_content(std::span<const unsigned char> bytes) noexcept {
  std::size_t taken = bytes.size();
  if (header_[1] == kBeginRequest) taken = take_begin(bytes);
  if (header_[1] == kParams || header_[1] == kGetValues) taken = take_pairs(bytes);
  content_left_ -= taken;
  if (fault_ == Fault::kNone) next_part();
  return taken;
}

std::size_t RecordGuard::take_begin(std::span<const unsigned char> bytes) noexcept {
  std::size_t at = kBeginSize - content_left_;
  for (std::size_t i = 0; i < bytes.size(); ++i, ++at) {
    if (at < kResponderRole.size() && bytes[i] != kResponderRole[at]) {
      fault_ = Fault::kRole;
      return i;
    }
  }
  return bytes.size();
}

std::size_t RecordGuard::take_pairs(std::span<const unsigned char> bytes) noexcept {
  const std::size_t taken = pairs_.take(bytes);
  if (pairs_.too_large()) {
    fault_ = Fault::kTooLarge;
    return taken;
  }
  // A question about limits is one record.
  if (header_[1] == kGetValues && taken == content_left_ && !pairs_.whole()) {
    fault_ = Fault::kBrokenPair;
    return taken - 1;
  }
  return taken;
}

void RecordGuard::next_part() noexcept {
  part_ = content_left_ > 0 ? Part::kContent : padding_left_ > 0 ? Part::kPadding : Part::kHeader;
}

std::string_view describe(RecordGuard::Fault fault) {
  using Fault = RecordGuard::Fault;
  switch (fault) {
    case Fault::kNone:
      return "nothing is wrong";
    case Fault::kAborted:
      return "the request was given up";
    case Fault::kVersion:
      return "not FastCGI 1.0";
    case Fault::kType:
      return "a record of a type that requests do not have";
    case Fault::kNotDue:
      return "a record that is out of order";
    case Fault::kOtherId:
      return "a record of another request";
    case Fault::kLength:
      return "a record of the wrong length";
    case Fault::kPadding:
      return "a record that must not be padded is";
    case Fault::kRole:
      return "the role is not that of a responder";
    case Fault::kBrokenPair:
      return "a parameter that is not whole";
    case Fault::kTooLarge:
      return "parameters are too large";
  }
  return {};
}

}  // namespace metaset::fcgi
