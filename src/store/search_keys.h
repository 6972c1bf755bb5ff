// Keys of `search-tokens`: where the lines are found that have a token.
//
//   key      = shelf token %x00 chain                chain = u32, big-endian
//   shelf    = "h"   hash     prefix %x00 bytes      the token is prefix and the bytes as hex
//            / "n"   name     the last component of a path
//            / "d"   directory  what is before it, without the last "/"
//            / "w"   word     all other tokens
//            / "l"   long     those of more than kMaxSearchToken bytes, and of paths with such a
//                             component or directory; the token in the key is empty
//            / "N"   a name, / "W" a word, backwards and without 0 and chain: an empty value
//   value    = *posting                              ascending by line
//   posting  = line tag                              line = varint
//   tag      = ""                                    of hashes, directories, long tokens
//            / type-and-key                          of words: type << 12 | hash12(key), u16
//            / type hash16(directory)                of names: u8, u16
//
// Tokens are folded (ips::fold_case). Private to the store. Thread-safety: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/ips/action.h"
#include "metaset/store/search_index.h"

namespace metaset::store {

inline constexpr std::size_t kMaxSearchToken = 400;
inline constexpr std::size_t kShortestHash = 40;  // hex digits

enum class Shelf : char {
  kHash = 'h',
  kName = 'n',
  kDirectory = 'd',
  kWord = 'w',
  kLong = 'l',
  kNameBackwards = 'N',
  kWordBackwards = 'W',
};
// Bytes of a tag.
std::size_t tag_size(Shelf shelf);

// Whether tuples of this kind have tokens that are hashes. Empty, nullopt: any.
bool may_be_hash(std::optional<ips::ActionType> type, std::string_view key);
// A token that is a hash, perhaps after a prefix that ends in ':': what follows "h" in its key.
std::optional<std::string> hash_key(std::string_view folded_token);
// The token that such a text stands for.
std::string hash_token(std::string_view key_text);

// The key up to the chain; all rows with it, and a u32 more, are of that token.
std::string token_prefix(Shelf shelf, std::string_view folded_token);
std::string token_key(Shelf shelf, std::string_view folded_token, ChainId chain);
std::string backwards_key(Shelf shelf, std::string_view folded_token);
// The token in a key of any shelf but the backward ones.
std::string_view token_in_key(std::string_view key);
ChainId chain_in_key(std::string_view key);

std::string word_tag(ips::ActionType type, std::string_view key);
std::string name_tag(ips::ActionType type, std::string_view folded_directory);

struct WordTag {
  std::uint16_t bits = 0;
  bool is_of(std::optional<ips::ActionType> type, std::string_view key) const;
};
struct NameTag {
  std::uint8_t type = 0;
  std::uint16_t directory = 0;
};
std::uint16_t directory_hash(std::string_view folded_directory);

// Goes through the postings of a row. kCorrupt for damaged ones.
class Postings {
 public:
  Postings(Shelf shelf, std::string_view value) : rest_(value), tag_size_(tag_size(shelf)) {}
  bool next();
  LineId line() const { return line_; }
  std::string_view tag() const { return tag_; }
  WordTag word() const;
  NameTag name() const;

 private:
  std::string_view rest_, tag_;
  std::size_t tag_size_;
  LineId line_ = 0;
};
void append_posting(LineId line, std::string_view tag, std::string& value);

}  // namespace metaset::store
