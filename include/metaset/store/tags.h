// Names of metasets: what people, URLs and the configuration of web servers call them.
//
//   metaset = number | time | tag
//   number  = 1*DIGIT
//   time    = ISO 8601, basic or extended: 20240501T100000Z, 2024-05-01T10:00:00Z (base/clock.h);
//             the newest metaset that was made then or before; without a fraction the whole second
//   tag     = letter *63( letter | digit | "." | "_" | "-" )
//
// A tag is a name that somebody gave to a metaset, for a release for example; a metaset can have
// several. Tags are rows of `meta` ("tag/NAME"): they belong to no metaset and are not part of any
// digest. Thread-safety: as the transaction. Errors: kInvalid for what is no name, kNotFound for an
// unknown metaset, kExists, kLimit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/store/repository.h"

namespace metaset::store {

inline constexpr std::size_t kMaxTags = 10'000;  // of a repository

struct Tag {
  std::string name;
  TagRecord record;
};

bool is_tag_name(std::string_view name);
// Whether a text is in the grammar above.
bool is_metaset_name(std::string_view name);
std::optional<TagRecord> find_tag(const lmdb::Env& env, const lmdb::Txn& txn,
                                  std::string_view name);
// By name.
std::vector<Tag> list_tags(const lmdb::Env& env, const lmdb::Txn& txn);
// The same by metaset, the names of each sorted: for those who look at many.
using TagsByMetaset = std::map<MetasetNumber, std::vector<std::string>>;
TagsByMetaset tags_by_metaset(const lmdb::Env& env, const lmdb::Txn& txn);
// The names of one metaset's tags, sorted.
std::vector<std::string> tags_of(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number);

// Gives a metaset a name. kExists if another one has it, unless `move`; the metaset that had it
// before, if any.
std::optional<MetasetNumber> set_tag(Repository& repository, std::string_view name,
                                     MetasetNumber number, std::string_view who, bool move);
// The metaset that had it; kNotFound.
MetasetNumber remove_tag(Repository& repository, std::string_view name);

// The newest metaset that was made at `time` or before; 0 if there was none.
MetasetNumber newest_at(const lmdb::Env& env, const lmdb::Txn& txn, Time time);

// The metaset of a name in the grammar above; kInvalid, kNotFound. One that was collected has a
// record, but can be seen no more: kNotFound too.
MetasetNumber require_record(const lmdb::Env& env, const lmdb::Txn& txn, std::string_view name);
MetasetNumber require_metaset(const lmdb::Env& env, const lmdb::Txn& txn, std::string_view name);
// The same in a transaction of its own.
MetasetNumber require_metaset(const Repository& repository, std::string_view name);

}  // namespace metaset::store
