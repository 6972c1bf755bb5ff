#include "depot/gc_references.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/parallel.h"
#include "metaset/ips/payloads.h"
#include "metaset/store/layout.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kReadAhead = 1024;      // manifests
constexpr std::int64_t kSlack = 120'000'000;  // microseconds that clocks of files may differ

struct Source {
  Sha256 digest{};
  PublisherSet publishers = 0;
  std::optional<std::string_view> stored;  // in the memory map, so that threads need no transaction
};

[[noreturn]] void cannot_read(const Sha256& digest, std::string_view why) {
  throw Error(Code::kCorrupt,
              fmt::format("the manifest {} cannot be read, so no payload is deleted: {} (metaset "
                          "verify tells more, metaset repair mends it)",
                          to_hex(digest), why));
}

using Entries = std::vector<NeededPayloads::Entry>;

void add_name(std::string_view name, PublisherSet publishers, Entries& entries) {
  if (const auto key = NeededPayloads::key_of(name)) entries.push_back({*key, publishers});
}

void read_names(const Source& source, NeededPayloads& payloads) {
  if (!source.stored) cannot_read(source.digest, "it is missing");
  try {
    const std::string text = store::decode_manifest(*source.stored).text();
    if (sha256_of(text) != source.digest) throw Error(Code::kCorrupt, "its text is another one");
    Entries entries;
    ips::for_each_payload_name(
        text, [&](std::string_view name) { add_name(name, source.publishers, entries); });
    payloads.add(entries);
  } catch (const Error& error) {
    cannot_read(source.digest, error.message());
  }
}

}  // namespace

std::optional<std::uint64_t> NeededPayloads::key_of(std::string_view name) {
  constexpr std::size_t kDigits = 16;
  if (!store::is_payload_name(name)) return std::nullopt;
  std::uint64_t key = 0;
  std::from_chars(name.data(), name.data() + kDigits, key, 16);
  return key;
}

void NeededPayloads::add(const std::vector<Entry>& entries) {
  const std::lock_guard lock(mutex_);
  // What open transactions refer to comes again and again.
  const bool is_sorted = sorted_ == entries_.size();
  for (const Entry& entry : entries) {
    if (!is_sorted || (sorted_find(entry.key) & entry.publishers) != entry.publishers) {
      entries_.push_back(entry);
    }
  }
  if (entries_.size() >= compact_at_) compact();
}

PublisherSet NeededPayloads::sorted_find(std::uint64_t key) const {
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  const auto place = std::ranges::lower_bound(entries_.begin(), end, key, {}, &Entry::key);
  return place != end && place->key == key ? place->publishers : 0;
}

void NeededPayloads::compact() {
  std::ranges::sort(entries_, {}, &Entry::key);
  auto last = entries_.begin();
  for (auto one = entries_.begin(); one != entries_.end(); ++one) {
    if (one->key == last->key) {
      last->publishers |= one->publishers;
    } else {
      *++last = *one;
    }
  }
  if (!entries_.empty()) entries_.erase(std::next(last), entries_.end());
  sorted_ = entries_.size();
  compact_at_ = std::max(compact_at_, entries_.size() * 2);
}

PublisherSet NeededPayloads::find(std::string_view name) {
  const auto key = key_of(name);
  if (!key) return kAllPublishers;
  const std::lock_guard lock(mutex_);
  if (sorted_ != entries_.size()) compact();
  return sorted_find(*key);
}

PayloadReferences::PayloadReferences(GcContext& context, NeededManifests& manifests)
    : context_(context), manifests_(manifests), transactions_(context.repository.root()) {
  read_committed(manifests.all(), true);
}

void PayloadReferences::read_committed(const ManifestOwners& owners, bool show) {
  const lmdb::Env& env = std::as_const(context_.repository).committed();
  const lmdb::ReadTxn txn(env);
  std::vector<Source> batch;
  std::uint64_t done = 0, bytes = 0;
  const auto read = [&] {
    for_each_parallel(batch.size(), thread_count(context_.options.threads),
                      [&](std::size_t i) { read_names(batch[i], payloads_); });
    done += batch.size();
    if (show) context_.tell("references", done, owners.size(), bytes);
    batch.clear();
  };
  for (const auto& [digest, publishers] : owners) {
    batch.push_back({digest, publishers, txn.get(env.table(store::kManifests), bytes_of(digest))});
    if (batch.back().stored) bytes += batch.back().stored->size();
    if (batch.size() == kReadAhead) read();
  }
  read();
}

void PayloadReferences::read_staged() {
  const lmdb::Env& env = context_.repository.staging();
  const lmdb::ReadTxn txn(env);
  lmdb::Cursor cursor(txn, env.table(store::kStagedManifests));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    Source source{{}, kAllPublishers, cursor.value()};
    if (cursor.key().size() != source.digest.size()) continue;
    std::ranges::copy(cursor.key(), source.digest.begin());
    if (!staged_.insert(source.digest).second) continue;
    read_names(source, payloads_);
  }
}

void PayloadReferences::read_transactions() {
  oldest_transaction_.reset();
  Entries entries;
  for (const TransactionRecord& record : transactions_.list()) {
    oldest_transaction_ = std::min(oldest_transaction_.value_or(record.opened), record.opened);
    transactions_.for_each_payload(
        record, [&](std::string_view name) { add_name(name, kAllPublishers, entries); });
  }
  payloads_.add(entries);
}

void PayloadReferences::update() {
  read_transactions();
  read_staged();
  const lmdb::Env& env = std::as_const(context_.repository).committed();
  ManifestOwners fresh;
  {
    const lmdb::ReadTxn txn(env);
    fresh = manifests_.update(env, txn);
  }
  read_committed(fresh, false);
}

bool PayloadReferences::is_unneeded(std::string_view name, PublisherSet publishers) {
  return (payloads_.find(name) & publishers) == 0;
}

bool PayloadReferences::may_be_counted_on(std::string_view name) const {
  if (!oldest_transaction_) return false;
  const auto promised = context_.repository.payloads().promised(name);
  return promised && promised->micros + kSlack >= oldest_transaction_->micros;
}

}  // namespace metaset::depot
