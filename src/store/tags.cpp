#include "metaset/store/tags.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/store/collected.h"

namespace metaset::store {

namespace {

constexpr std::string_view kTagPrefix = "tag/";
constexpr std::size_t kMaxTagName = 64;

bool is_ascii_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

std::string tag_key(std::string_view name) { return std::string(kTagPrefix).append(name); }

void require_tag_name(std::string_view name) {
  if (is_tag_name(name)) return;
  throw Error(Code::kInvalid,
              fmt::format("'{}' is not a name for a tag: it begins with a letter; letters, digits, "
                          "'.', '_' and '-' are allowed, at most {}",
                          name, kMaxTagName));
}

std::optional<MetasetNumber> parse_metaset_number(std::string_view text) {
  MetasetNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// People see and say whole seconds: what was made within that second was made then.
Time last_of(Time time, std::string_view text) {
  constexpr std::int64_t kSecond = 1'000'000;
  if (text.find('.') == std::string_view::npos) time.micros += kSecond - 1;
  return time;
}

MetasetNumber number_of(const lmdb::Env& env, const lmdb::Txn& txn, std::string_view name) {
  if (const auto number = parse_metaset_number(name)) return *number;
  if (is_tag_name(name)) {
    const auto tag = find_tag(env, txn, name);
    if (!tag) throw Error(Code::kNotFound, fmt::format("no metaset has the tag {}", name));
    return tag->number;
  }
  if (const auto time = parse_iso_timestamp(name)) return newest_at(env, txn, last_of(*time, name));
  throw Error(Code::kInvalid, fmt::format("'{}' is neither the number of a metaset nor a tag nor a "
                                          "UTC time like 20240501T100000Z",
                                          name));
}

}  // namespace

// Times grow with the numbers.
MetasetNumber newest_at(const lmdb::Env& env, const lmdb::Txn& txn, Time time) {
  MetasetNumber low = 0;  // made in time, or none
  MetasetNumber high = View::latest_number(env, txn);
  while (low < high) {
    const MetasetNumber middle = high - (high - low) / 2;
    const auto record = View::record_of(env, txn, middle);
    if (!record || record->time <= time) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

bool is_tag_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxTagName && is_ascii_letter(name[0]) &&
         std::ranges::all_of(name, [](char c) {
           return is_ascii_letter(c) || is_ascii_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_metaset_name(std::string_view name) {
  return parse_metaset_number(name) || is_tag_name(name) || parse_iso_timestamp(name);
}

std::optional<TagRecord> find_tag(const lmdb::Env& env, const lmdb::Txn& txn,
                                  std::string_view name) {
  const auto row = txn.get(env.table(kMeta), tag_key(name));
  if (!row) return std::nullopt;
  return TagRecord::decode(*row);
}

std::vector<Tag> list_tags(const lmdb::Env& env, const lmdb::Txn& txn) {
  std::vector<Tag> tags;
  lmdb::Cursor cursor(txn, env.table(kMeta));
  for (bool more = cursor.seek(kTagPrefix); more && cursor.key().starts_with(kTagPrefix);
       more = cursor.next()) {
    tags.push_back(
        {std::string(cursor.key().substr(kTagPrefix.size())), TagRecord::decode(cursor.value())});
  }
  return tags;
}

TagsByMetaset tags_by_metaset(const lmdb::Env& env, const lmdb::Txn& txn) {
  TagsByMetaset tags;
  for (Tag& tag : list_tags(env, txn)) tags[tag.record.number].push_back(std::move(tag.name));
  return tags;
}

std::vector<std::string> tags_of(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number) {
  std::vector<std::string> names;
  for (Tag& tag : list_tags(env, txn)) {
    if (tag.record.number == number) names.push_back(std::move(tag.name));
  }
  return names;
}

std::optional<MetasetNumber> set_tag(Repository& repository, std::string_view name,
                                     MetasetNumber number, std::string_view who, bool move) {
  require_tag_name(name);
  lmdb::Env& env = repository.committed();
  lmdb::WriteTxn txn(env);
  require_metaset(env, txn, std::to_string(number));
  std::optional<MetasetNumber> before;
  if (const auto tag = find_tag(env, txn, name)) {
    before = tag->number;
    if (*before == number) return before;
    if (!move) {
      throw Error(Code::kExists, fmt::format("metaset {} has the tag {} already", *before, name));
    }
  } else if (list_tags(env, txn).size() >= kMaxTags) {
    throw Error(Code::kLimit, fmt::format("there are {} tags; remove some of them", kMaxTags));
  }
  txn.put(env.table(kMeta), tag_key(name), TagRecord{number, now(), std::string(who)}.encode());
  txn.commit();
  return before;
}

MetasetNumber remove_tag(Repository& repository, std::string_view name) {
  lmdb::Env& env = repository.committed();
  lmdb::WriteTxn txn(env);
  const auto tag = find_tag(env, txn, name);
  if (!tag) throw Error(Code::kNotFound, fmt::format("no metaset has the tag {}", name));
  txn.erase(env.table(kMeta), tag_key(name));
  txn.commit();
  return tag->number;
}

MetasetNumber require_record(const lmdb::Env& env, const lmdb::Txn& txn, std::string_view name) {
  const MetasetNumber number = number_of(env, txn, name);
  if (View::record_of(env, txn, number)) return number;
  throw Error(Code::kNotFound, fmt::format("no metaset {}; the latest one is {}", name,
                                           View::latest_number(env, txn)));
}

MetasetNumber require_metaset(const lmdb::Env& env, const lmdb::Txn& txn, std::string_view name) {
  const MetasetNumber number = require_record(env, txn, name);
  require_not_collected(env, txn, number);
  return number;
}

MetasetNumber require_metaset(const Repository& repository, std::string_view name) {
  const lmdb::ReadTxn txn(repository.committed());
  return require_metaset(repository.committed(), txn, name);
}

}  // namespace metaset::store
