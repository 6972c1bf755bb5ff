// Which rows of `search-tokens` a pattern leads to. Rows that cannot be told apart cheaply are all
// taken: what is found is looked at again.
#include <algorithm>
#include <ranges>
#include <vector>

#include "metaset/base/hash.h"
#include "metaset/ips/search_pattern.h"
#include "metaset/ips/version.h"

#include "store/search_glob.h"
#include "store/search_keys.h"
#include "store/search_row_set.h"
#include "store/search_state.h"

namespace metaset::store {

namespace {

using ips::ActionType;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kDirectoryHashes = 1 << 16;

bool is_hex(std::string_view text) {
  return text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

class Finder {
 public:
  Finder(SearchIndex::State& state, std::optional<ActionType> type, std::string_view key,
         std::size_t most_rows)
      : state_(state),
        cursor_(state.view.txn(), state.tokens()),
        field_{type, std::string(key)},
        rows_left_(most_rows) {}

  void find_literal(const std::string& token) {
    if (token.size() > kMaxSearchToken) take_all(Shelf::kLong, {});
    if (const auto hash = hash_key(token); hash && may_be_hash()) take_token(Shelf::kHash, *hash);
    if (may_be_path()) find_literal_path(token);
    take_token(Shelf::kWord, token);
  }
  void find_pattern(const std::string& pattern) {
    take_all(Shelf::kLong, {});
    if (may_be_hash()) find_hashes(pattern);
    if (may_be_path()) find_paths(pattern);
    find_tokens(Shelf::kWord, Shelf::kWordBackwards, pattern);
  }
  void find_all_words() {
    take_all(Shelf::kLong, {});
    take_all(Shelf::kWord, {});
  }
  // Only words have such tuples, so that they can be gone through.
  bool only_words() const { return !may_be_hash() && !may_be_path(); }

  // From here on postings are not read until somebody asks.
  void by_chain() { by_chain_ = true; }
  std::optional<ChainPlaces> take_chains() {
    compact();
    if (too_many_) return std::nullopt;
    return std::move(rows_).take(field_, std::move(places_));
  }
  // nullopt: too many.
  std::optional<LinePlaces> take() {
    compact();
    if (too_many_) return std::nullopt;
    return std::move(places_);
  }

 private:
  void compact() {
    std::ranges::sort(places_);
    const auto [again, end] = std::ranges::unique(places_);
    places_.erase(again, end);
  }
  bool type_is_any_of(std::initializer_list<ActionType> types) const {
    return !field_.type || std::ranges::find(types, *field_.type) != types.end();
  }
  bool key_is_any_of(std::initializer_list<std::string_view> keys) const {
    return field_.key.empty() || std::ranges::find(keys, field_.key) != keys.end();
  }
  bool may_be_path() const {
    return type_is_any_of(
               {ActionType::kFile, ActionType::kDir, ActionType::kLink, ActionType::kHardlink}) &&
           key_is_any_of({"path", "basename"});
  }
  bool may_be_hash() const { return store::may_be_hash(field_.type, field_.key); }

  bool accepts(const Postings& posting, Shelf shelf) const {
    return field_.accepts(posting, shelf) && (shelf != Shelf::kName || directories_.empty() ||
                                              directories_[posting.name().directory]);
  }
  // The row that the cursor is at.
  void take_row(Shelf shelf, std::optional<std::uint16_t> directory = std::nullopt) {
    const ChainId chain = chain_in_key(cursor_.key());
    if (by_chain_ && !directory && (shelf != Shelf::kName || directories_.empty())) {
      rows_.add(chain, shelf, cursor_.value());
      if (rows_.size() > state_.most_places) too_many_ = true;
      return;
    }
    Postings postings(shelf, cursor_.value());
    while (postings.next()) {
      if (rows_left_ > 0) --rows_left_;
      if (directory && postings.name().directory != *directory) continue;
      if (accepts(postings, shelf)) places_.push_back(place_of(chain, postings.line()));
    }
    if (places_.size() <= state_.most_places) return;
    compact();
    // Else lines that have many tokens would be looked for again and again.
    if (places_.size() > state_.most_places / 2) too_many_ = true;
  }
  void step() {
    state_.step();
    if (rows_left_ == 0) {
      too_many_ = true;
    } else {
      --rows_left_;
    }
  }
  // Moves on to the next row, as long as there is any use in it.
  bool next() { return !too_many_ && cursor_.next(); }

  void take_token(Shelf shelf, std::string_view token,
                  std::optional<std::uint16_t> directory = std::nullopt) {
    if (token.size() > kMaxSearchToken) return;
    const std::string prefix = token_prefix(shelf, token);
    for (bool more = cursor_.seek(prefix); more && cursor_.key().starts_with(prefix);
         more = next()) {
      step();
      if (token_in_key(cursor_.key()) == token) take_row(shelf, directory);
    }
  }
  // Rows of tokens that begin with `prefix` and match, if there is a pattern.
  void take_range(Shelf shelf, std::string_view prefix, const std::string* pattern) {
    const std::string begin = static_cast<char>(shelf) + std::string(prefix);
    const std::string_view part =
        pattern == nullptr ? std::string_view() : ips::literal_part(*pattern);
    for (bool more = cursor_.seek(begin); more && cursor_.key().starts_with(begin); more = next()) {
      step();
      // Searching for a text is much faster than matching.
      const std::string_view token = token_in_key(cursor_.key());
      if (token.find(part) == std::string_view::npos) continue;
      if (shelf == Shelf::kName && path_length_ && count_characters(token) >= *path_length_)
        continue;
      if (pattern == nullptr || ips::matches_glob(token, *pattern)) take_row(shelf);
    }
  }
  void take_all(Shelf shelf, std::string_view prefix) { take_range(shelf, prefix, nullptr); }

  void find_literal_path(const std::string& token) {
    const std::size_t slash = token.rfind('/');
    if (slash == std::string::npos) return take_token(Shelf::kName, token);
    take_token(Shelf::kName, std::string_view(token).substr(slash + 1),
               directory_hash(std::string_view(token).substr(0, slash)));
  }

  // By what the pattern begins with, else by what it ends with, else all are looked at.
  void find_tokens(Shelf shelf, Shelf backwards, const std::string& pattern) {
    const std::string prefix(ips::literal_prefix(pattern));
    const std::string suffix = literal_suffix(pattern);
    if (prefix == pattern) return take_token(shelf, pattern);
    if (prefix.empty() && !suffix.empty()) return find_backwards(shelf, backwards, suffix, pattern);
    take_range(shelf, prefix, &pattern);
  }
  void find_backwards(Shelf shelf, Shelf backwards, const std::string& suffix,
                      const std::string& pattern) {
    const std::string begin = backwards_key(backwards, suffix);
    lmdb::Cursor cursor(state_.view.txn(), state_.tokens());
    for (bool more = cursor.seek(begin); more && cursor.key().starts_with(begin);
         more = !too_many_ && cursor.next()) {
      step();
      const std::string_view reversed = cursor.key().substr(1);
      const std::string token(reversed.rbegin(), reversed.rend());
      if (ips::matches_glob(token, pattern)) take_token(shelf, token);
    }
  }

  void find_paths(const std::string& pattern) {
    if (pattern.find('/') == std::string::npos || pattern.find('[') != std::string::npos) {
      find_tokens(Shelf::kName, Shelf::kNameBackwards, pattern);  // basename
    }
    const PathPattern path = path_pattern(pattern);
    if (!path.possible || field_.key == "basename") return;
    // Of a path of a certain length both parts are shorter, so that few of them are taken.
    path_length_ = fixed_length(pattern);
    if (path.name && *path.name != pattern) find_names(*path.name, path.above);
    path_length_.reset();
    if (path.name_may_be_empty) take_token(Shelf::kName, {});
    if (path.directory) {
      for_each_directory(*path.directory, "/",
                         [this](std::string_view) { take_row(Shelf::kDirectory); });
    }
  }
  // Names in directories that match. Many files are called alike, and each that is taken costs more
  // than many rows that are looked at here.
  void find_names(const std::string& name, const std::string& above) {
    if (ips::literal_prefix(above) == above) {
      keep_directory(directory_hash(above));
    } else if ((above != "*" || path_length_) && ips::literal_prefix(name) != name) {
      directories_.resize(kDirectoryHashes);
      for_each_directory(above, "", [this](std::string_view directory) {
        if (path_length_ && count_characters(directory) >= *path_length_) return;
        keep_directory(directory_hash(directory));
      });
    }
    find_tokens(Shelf::kName, Shelf::kNameBackwards, name);
    directories_.clear();
  }
  void keep_directory(std::uint16_t hash) {
    directories_.resize(kDirectoryHashes);
    directories_[hash] = true;
  }
  // Visits directories that match when they have `end` after them; the cursor is at their row.
  template <typename Visit>
  void for_each_directory(const std::string& pattern, std::string_view end, const Visit& visit) {
    std::string prefix(ips::literal_prefix(pattern));
    if (prefix.ends_with('/')) prefix.pop_back();
    const std::string begin = static_cast<char>(Shelf::kDirectory) + prefix;
    std::string directory;
    const std::string_view part = ips::literal_part(pattern);
    for (bool more = cursor_.seek(begin); more && cursor_.key().starts_with(begin); more = next()) {
      step();
      directory.assign(token_in_key(cursor_.key())).append(end);
      if (directory.find(part) == std::string::npos) continue;
      if (ips::matches_glob(directory, pattern)) visit(directory);
    }
  }

  // Prefixes of hashes are few: each is looked at.
  void find_hashes(const std::string& pattern) {
    const std::string shelf(1, static_cast<char>(Shelf::kHash));
    std::string begin = shelf;
    while (!too_many_ && cursor_.seek(begin) && cursor_.key().starts_with(shelf)) {
      step();
      const std::string_view text = cursor_.key().substr(1);
      const std::string kind(text.substr(0, text.find('\0')));
      find_hashes_of(kind, pattern);
      begin = shelf + kind + '\x01';
    }
  }
  void find_hashes_of(const std::string& kind, const std::string& pattern) {
    if (!may_match_only(pattern, kind + std::string(kHexDigits))) return;
    if (const auto length = fixed_length(pattern);
        length && *length < count_characters(kind) + kShortestHash) {
      return;
    }
    const std::string prefix(ips::literal_prefix(pattern));
    const std::string in_kind = prefix.substr(0, kind.size());
    std::string in_hash = prefix.substr(in_kind.size());
    if (!kind.starts_with(in_kind) || !is_hex(in_hash)) return;
    if (in_hash.size() % 2 != 0) in_hash.pop_back();
    const auto end = hash_end(literal_suffix(pattern));
    if (!end) return;
    const std::string_view part = ips::literal_part(pattern);
    const std::string begin =
        static_cast<char>(Shelf::kHash) + kind + '\0' + from_hex(in_hash).value_or("");
    for (bool more = cursor_.seek(begin); more && cursor_.key().starts_with(begin); more = next()) {
      step();
      const std::string_view hash = token_in_key(cursor_.key());
      if (!hash.ends_with(*end)) continue;
      const std::string token = hash_token(hash);
      if (token.find(part) == std::string::npos) continue;
      if (ips::matches_glob(token, pattern)) take_row(Shelf::kHash);
    }
  }
  // The last bytes of hashes that end like this; nullopt: none does.
  static std::optional<std::string> hash_end(const std::string& suffix) {
    std::string digits = suffix.substr(suffix.size() - std::min(suffix.size(), kShortestHash));
    if (!is_hex(digits)) return std::nullopt;
    if (digits.size() % 2 != 0) digits.erase(0, 1);
    return from_hex(digits).value_or("");
  }

  SearchIndex::State& state_;
  lmdb::Cursor cursor_;
  WantedField field_;
  std::vector<bool> directories_;           // by hash, in which names are taken; empty: in all
  std::optional<std::size_t> path_length_;  // characters of the paths that are looked for
  LinePlaces places_;
  SearchRowSet rows_;
  bool by_chain_ = false;
  std::size_t rows_left_;
  bool too_many_ = false;
};

// False: the pattern leads to all rows.
bool find(Finder& finder, const ips::SearchPattern& pattern) {
  if (pattern.literal()) {
    finder.find_literal(pattern.folded());
  } else if (!pattern.matches_all()) {
    finder.find_pattern(pattern.folded());
  } else if (finder.only_words()) {
    finder.find_all_words();
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::optional<LinePlaces> find_candidates(SearchIndex::State& state,
                                          const ips::SearchPattern& pattern,
                                          std::optional<ActionType> type, std::string_view key,
                                          std::size_t most_rows) {
  Finder finder(state, type, key, most_rows);
  if (!find(finder, pattern)) return std::nullopt;
  return finder.take();
}

std::optional<ChainPlaces> find_chain_candidates(SearchIndex::State& state,
                                                 const ips::SearchPattern& pattern,
                                                 std::optional<ActionType> type,
                                                 std::string_view key, std::size_t most_rows) {
  Finder finder(state, type, key, most_rows);
  finder.by_chain();
  if (!find(finder, pattern)) return std::nullopt;
  return finder.take_chains();
}

}  // namespace metaset::store
