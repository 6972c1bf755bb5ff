// Postings on their way into `search-tokens`: collected, sorted, and written in the order of keys,
// which is several times faster than one by one, and fills pages. Private to the store.
// Thread-safety: one thread. flush() must be called before the transaction commits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/action.h"
#include "metaset/lmdb/lmdb.h"

#include "store/search_keys.h"

namespace metaset::store {

class SearchBatch {
 public:
  SearchBatch(lmdb::WriteTxn& txn, lmdb::Table table) : txn_(txn), table_(table) {}
  // All tokens of an action; nothing if the line is no action. Lines of a chain come ascending.
  void add(ChainId chain, LineId line, std::string_view text);
  void flush();
  // The other way round: takes lines out of the rows of their tokens. For a batch of its own.
  void erase(ChainId chain, LineId line, std::string_view text);
  void flush_erased();

 private:
  // Pages that are filled to the last byte would be split one after the other by what comes later,
  // and the database would grow to twice its size. So some room is left in each.
  class Headroom {
   public:
    Headroom(lmdb::WriteTxn& txn, lmdb::Table table) : txn_(txn), table_(table) {}
    void append(std::string_view key, std::string_view value);
    // Frees the room.
    void finish();

   private:
    lmdb::WriteTxn& txn_;
    lmdb::Table table_;
    std::size_t used_ = 0;  // bytes of the page, about
    std::vector<std::string> fillers_;
  };
  struct Entry {
    std::uint64_t head = 0;  // the first bytes of the key, big-endian, for fast comparison
    std::uint32_t block = 0, offset = 0;
    std::uint16_t key_size = 0;
    std::uint8_t tag_size = 0;
    char tag[3] = {};
    LineId line = 0;
  };
  void put(std::string_view key, LineId line, std::string_view tag);
  std::string_view key_of(const Entry& entry) const;
  bool before(const Entry& a, const Entry& b) const;
  // Calls visit(begin, end) for the entries of each row, in the order of keys; forgets them all.
  template <typename Visit>
  void take_groups(const Visit& visit);
  void erase_group(const Entry* begin, const Entry* end);
  void write_group(const Entry* begin, const Entry* end, Headroom* headroom);

  lmdb::WriteTxn& txn_;
  lmdb::Table table_;
  std::vector<std::string> blocks_;  // keys
  std::vector<Entry> entries_;
};

}  // namespace metaset::store
