#include "store/search_keys.h"

#include <algorithm>
#include <array>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/store/schema.h"

namespace metaset::store {

namespace {

constexpr std::size_t kChainSize = 4;  // bytes
constexpr std::size_t kLongestHash = 128;
constexpr std::size_t kLongestPrefix = 64;
constexpr unsigned kKeyBits = 12;

std::uint32_t fnv1a(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return hash ^ hash >> 16;
}

std::uint16_t word_bits(ips::ActionType type, std::string_view key) {
  constexpr std::uint32_t kMask = (1U << kKeyBits) - 1;
  return static_cast<std::uint16_t>(static_cast<std::uint32_t>(type) << kKeyBits |
                                    (fnv1a(key) & kMask));
}

std::string two_bytes(std::uint16_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}
std::uint16_t read_u16(std::string_view bytes) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[0]) << 8 |
                                    static_cast<std::uint8_t>(bytes[1]));
}

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

[[noreturn]] void damaged_posting() {
  throw Error(Code::kCorrupt, "damaged posting in the search index");
}

}  // namespace

std::size_t tag_size(Shelf shelf) {
  if (shelf == Shelf::kName) return 3;
  return shelf == Shelf::kWord ? 2 : 0;
}

bool may_be_hash(std::optional<ips::ActionType> type, std::string_view key) {
  constexpr std::array<std::string_view, 5> kKeys = {"content", "hash", "pkg.content-hash",
                                                     "certificate", "signature"};
  return (!type || ips::has_payload(*type)) &&
         (key.empty() || std::ranges::find(kKeys, key) != kKeys.end());
}

std::optional<std::string> hash_key(std::string_view folded_token) {
  const std::size_t colon = folded_token.rfind(':');
  const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 1;
  const std::string_view hex = folded_token.substr(begin);
  if (begin > kLongestPrefix || hex.size() < kShortestHash || hex.size() > kLongestHash ||
      hex.size() % 2 != 0 || !std::ranges::all_of(hex, is_lower_hex)) {
    return std::nullopt;
  }
  const std::string_view prefix = folded_token.substr(0, begin);
  if (prefix.find('\0') != std::string_view::npos) return std::nullopt;
  std::string key(prefix);
  key.push_back('\0');
  return key + from_hex(hex).value();
}

std::string hash_token(std::string_view key_text) {
  const std::size_t zero = key_text.find('\0');
  if (zero == std::string_view::npos) damaged_posting();
  return std::string(key_text.substr(0, zero)) + to_hex(key_text.substr(zero + 1));
}

std::string token_prefix(Shelf shelf, std::string_view folded_token) {
  std::string key(1, static_cast<char>(shelf));
  key.append(folded_token);
  key.push_back('\0');
  return key;
}

std::string token_key(Shelf shelf, std::string_view folded_token, ChainId chain) {
  return token_prefix(shelf, folded_token) + u32_key(chain);
}

std::string backwards_key(Shelf shelf, std::string_view folded_token) {
  std::string key(1, static_cast<char>(shelf));
  key.append(folded_token.rbegin(), folded_token.rend());
  return key;
}

std::string_view token_in_key(std::string_view key) {
  if (key.size() < 2 + kChainSize) damaged_posting();
  return key.substr(1, key.size() - 2 - kChainSize);
}

ChainId chain_in_key(std::string_view key) {
  if (key.size() < 2 + kChainSize) damaged_posting();
  return read_u32(key.substr(key.size() - kChainSize));
}

std::uint16_t directory_hash(std::string_view folded_directory) {
  return static_cast<std::uint16_t>(fnv1a(folded_directory));
}

std::string word_tag(ips::ActionType type, std::string_view key) {
  return two_bytes(word_bits(type, key));
}

std::string name_tag(ips::ActionType type, std::string_view folded_directory) {
  return static_cast<char>(type) + two_bytes(directory_hash(folded_directory));
}

bool WordTag::is_of(std::optional<ips::ActionType> type, std::string_view key) const {
  const std::uint16_t wanted = word_bits(type.value_or(ips::ActionType::kSet), key);
  if (type && bits >> kKeyBits != wanted >> kKeyBits) return false;
  return key.empty() || ((bits ^ wanted) & ((1U << kKeyBits) - 1)) == 0;
}

bool Postings::next() {
  if (rest_.empty()) return false;
  line_ = 0;
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (size == rest_.size() || shift > 28) damaged_posting();
    const auto byte = static_cast<std::uint8_t>(rest_[size++]);
    line_ |= LineId{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  if (rest_.size() < size + tag_size_) damaged_posting();
  tag_ = rest_.substr(size, tag_size_);
  rest_.remove_prefix(size + tag_size_);
  return true;
}

WordTag Postings::word() const { return {read_u16(tag_)}; }
NameTag Postings::name() const {
  return {static_cast<std::uint8_t>(tag_[0]), read_u16(tag_.substr(1))};
}

void append_posting(LineId line, std::string_view tag, std::string& value) {
  for (; line >= 0x80; line >>= 7) value.push_back(static_cast<char>(line | 0x80));
  value.push_back(static_cast<char>(line));
  value.append(tag);
}

}  // namespace metaset::store
