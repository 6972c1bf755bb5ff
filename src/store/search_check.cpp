#include "metaset/store/search_check.h"

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/collected.h"
#include "metaset/store/search_index.h"

#include "store/codec.h"
#include "store/search_keys.h"
#include "store/search_page.h"
#include "store/search_rows.h"

namespace metaset::store {

namespace {

// One name: its documents, and its lines as the index has them.
class ChainCheck {
 public:
  ChainCheck(const lmdb::Env& env, const lmdb::Txn& txn, std::string_view key,
             std::string_view record, const CollectedMetasets& collected)
      : env_(env),
        txn_(txn),
        prefix_(key),
        record_(SearchChainRecord::decode(record)),
        collected_(collected) {}

  // The first thing that is wrong; empty: nothing is.
  std::string fault() {
    std::string fault = read_documents();
    if (fault.empty()) fault = read_lines();
    if (fault.empty()) fault = compare_documents();
    return fault;
  }

 private:
  std::string read_documents() {
    lmdb::Cursor cursor(txn_, env_.table(kPackages));
    for (bool more = cursor.seek(prefix_); more && cursor.key().starts_with(prefix_);
         more = cursor.next()) {
      const auto entry = PackageEntry::decode(cursor.value());
      if (collected_.covers(entry) || !is_whole(entry.manifest)) continue;
      const auto ordinal = txn_.get(env_.table(kSearchDocuments), cursor.key());
      if (!ordinal) return "version " + entry.version + " is not in it";
      const std::uint32_t number = Decoder(*ordinal, "search document").u32();
      if (number >= record_.documents) return "version " + entry.version + " has a wrong number";
      documents_[number] = entry.manifest;
    }
    return {};
  }

  // Others say which manifests are missing or damaged.
  bool is_whole(const Sha256& digest) const {
    const auto value = txn_.get(env_.table(kManifests), bytes_of(digest));
    if (!value) return false;
    try {
      return sha256_of(decode_manifest(*value).text()) == digest;
    } catch (const Error&) {
      return false;
    }
  }

  std::string read_lines() {
    const std::string chain = u32_key(record_.chain);
    LineId next = 0;
    lmdb::Cursor cursor(txn_, env_.table(kSearchLines));
    for (bool more = cursor.seek(chain); more && cursor.key().starts_with(chain);
         more = cursor.next()) {
      if (read_u32(cursor.key().substr(chain.size())) != next) return "lines are missing";
      pages_.push_back(std::make_unique<SearchPage>(cursor.value()));
      for (const SearchLine& line : pages_.back()->lines()) {
        if (!line.runs.empty() && !is_led_to(next, line.text)) {
          return "nothing leads to '" + std::string(line.text.substr(0, 80)) + "'";
        }
        ++next;
      }
    }
    return next == record_.lines ? std::string() : "lines are missing";
  }

  bool is_led_to(LineId line, std::string_view text) {
    bool all = true;
    for_each_search_row(text, record_.chain, [&](std::string_view key, std::string_view tag) {
      const auto row = txn_.get(env_.table(kSearchTokens), key);
      if (!row) {
        all = false;
      } else if (has_postings(key)) {
        all = all && has_posting(key, *row, line, tag);
      }
    });
    return all;
  }

  // Lines are asked for in ascending order, so that a row is read once for all of them.
  bool has_posting(std::string_view key, std::string_view row, LineId line, std::string_view tag) {
    constexpr std::size_t kShortRow = 64;
    Postings begin(static_cast<Shelf>(key[0]), row);
    Postings& before = row.size() <= kShortRow
                           ? begin
                           : before_.try_emplace(std::string(key), begin).first->second;
    Postings postings = before;
    while (postings.next() && postings.line() <= line) {
      if (postings.line() == line && postings.tag() == tag) return true;
      if (postings.line() < line) before = postings;
    }
    return false;
  }

  std::string compare_documents() const {
    for (const auto& [ordinal, digest] : documents_) {
      const auto value = txn_.get(env_.table(kManifests), bytes_of(digest));
      const std::string text = decode_manifest(value.value()).text();
      std::set<std::string, std::less<>> wanted;
      ips::for_each_line(text, [&](std::string_view line) { wanted.emplace(line); });
      std::size_t found = 0;
      for (const auto& page : pages_) {
        for (const SearchLine& line : page->lines()) {
          if (!line.is_of(ordinal)) continue;
          if (!wanted.contains(line.text)) return "a line is not in manifest " + to_hex(digest);
          ++found;
        }
      }
      if (found != wanted.size()) return "lines of manifest " + to_hex(digest) + " are not in it";
    }
    return {};
  }

  const lmdb::Env& env_;
  const lmdb::Txn& txn_;
  const std::string prefix_;
  const SearchChainRecord record_;
  const CollectedMetasets& collected_;
  std::map<std::uint32_t, Sha256> documents_;  // by ordinal
  std::vector<std::unique_ptr<SearchPage>> pages_;
  std::map<std::string, Postings, std::less<>> before_;  // of long rows: what lines ask for next
};

}  // namespace

std::uint64_t count_search_names(const lmdb::Env& env, const lmdb::Txn& txn) {
  return txn.count(env.table(kSearchChains));
}

void check_search_index(const lmdb::Env& env, const lmdb::Txn& txn,
                        const std::function<void()>& step,
                        const std::function<void(SearchFault fault)>& report) {
  if (env.table(kSearchTokens).handle == lmdb::Table::kMissing) return;
  if (txn.get(env.table(kMeta), kSearchBuilt) != kSearchFormat) return;
  const CollectedMetasets collected = CollectedMetasets::load(env, txn);
  lmdb::Cursor cursor(txn, env.table(kSearchChains));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    step();
    SearchFault fault{read_u32(cursor.key()), std::string(name_in_package_key(cursor.key())), {}};
    try {
      fault.reason = ChainCheck(env, txn, cursor.key(), cursor.value(), collected).fault();
    } catch (const Error& error) {
      fault.reason = error.message();
    }
    if (!fault.reason.empty()) report(std::move(fault));
  }
}

}  // namespace metaset::store
