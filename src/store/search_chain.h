// One chain of the search index while it is written: its lines, and which pages changed. Private to
// the store. Thread-safety: one thread, one write transaction. Errors: kCorrupt, kLimit.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "metaset/lmdb/lmdb.h"
#include "metaset/store/schema.h"

#include "store/search_batch.h"
#include "store/search_page.h"

namespace metaset::store {

class SearchChainWriter {
 public:
  // Reads all lines that the chain has, or makes a new chain.
  SearchChainWriter(lmdb::Env& env, lmdb::WriteTxn& txn, PublisherId publisher,
                    std::string_view name);
  // The next document; gives its ordinal. Tokens of lines that are new go into the batch.
  std::uint32_t add_document(std::string_view manifest, SearchBatch& batch);
  // Documents that are no more. Lines that only they had go, with their tokens: those that the
  // batch erases.
  void forget_documents(const std::vector<std::uint32_t>& ordinals, SearchBatch& batch);
  void save();

 private:
  struct Page {
    LineId first = 0;
    std::size_t text = 0;  // bytes
    bool changed = false;
  };
  void read_pages();
  void mark_changed(LineId line);
  LineId line_for(std::string_view text, SearchBatch& batch);
  void save_page(std::size_t index);

  lmdb::Env& env_;
  lmdb::WriteTxn& txn_;
  std::string key_;  // in search-chains
  SearchChainRecord record_;
  std::vector<std::unique_ptr<SearchPage>> read_;  // own the texts of lines that were there
  std::deque<std::string> new_texts_;
  std::vector<SearchLine> lines_;
  std::vector<std::uint32_t> seen_;  // by line: 1 + the last document that has it, while adding
  std::unordered_map<std::string_view, LineId> by_text_;
  std::vector<Page> pages_;
};

}  // namespace metaset::store
