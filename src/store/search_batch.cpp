#include "store/search_batch.h"

#include <algorithm>
#include <cstring>

#include "store/search_rows.h"

namespace metaset::store {

namespace {

constexpr std::size_t kBlockSize = 4 << 20;      // bytes of keys
constexpr std::size_t kMostEntries = 4'000'000;  // then it is written: bounds the memory

std::uint64_t head_of(std::string_view key) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < sizeof head; ++i) {
    head = head << 8 | (i < key.size() ? static_cast<std::uint8_t>(key[i]) : 0U);
  }
  return head;
}

}  // namespace

void SearchBatch::add(ChainId chain, LineId line, std::string_view text) {
  for_each_search_row(text, chain, [&](std::string_view key, std::string_view tag) {
    put(key, has_postings(key) ? line : 0, tag);
  });
  if (entries_.size() >= kMostEntries) flush();
}

void SearchBatch::put(std::string_view key, LineId line, std::string_view tag) {
  if (blocks_.empty() || blocks_.back().size() + key.size() > kBlockSize) {
    blocks_.emplace_back();
    blocks_.back().reserve(kBlockSize);
  }
  std::string& block = blocks_.back();
  Entry entry;
  entry.head = head_of(key.substr(1));  // entries are sorted by shelf apart
  entry.block = static_cast<std::uint32_t>(blocks_.size() - 1);
  entry.offset = static_cast<std::uint32_t>(block.size());
  entry.key_size = static_cast<std::uint16_t>(key.size());
  entry.tag_size = static_cast<std::uint8_t>(tag.size());
  std::copy(tag.begin(), tag.end(), entry.tag);
  entry.line = line;
  block.append(key);
  entries_.push_back(entry);
}

std::string_view SearchBatch::key_of(const Entry& entry) const {
  return std::string_view(blocks_[entry.block]).substr(entry.offset, entry.key_size);
}

bool SearchBatch::before(const Entry& a, const Entry& b) const {
  if (a.head != b.head) return a.head < b.head;
  if (const int order = key_of(a).compare(key_of(b)); order != 0) return order < 0;
  return a.line < b.line;
}

void SearchBatch::Headroom::append(std::string_view key, std::string_view value) {
  constexpr std::size_t kRowOverhead = 10;  // bytes of the library for each
  constexpr std::size_t kRoom = 400;
  constexpr std::size_t kUsed = 4096 - 16 - kRoom - kRowOverhead;  // without the header of the page
  txn_.append(table_, key, value);
  used_ += key.size() + value.size() + kRowOverhead;
  if (used_ < kUsed - std::min(kUsed, key.size())) return;
  used_ = 0;
  std::string filler(key);
  filler.push_back('\0');  // comes next, whatever does
  txn_.append(table_, filler, std::string(kRoom - std::min(kRoom, filler.size()), '\0'));
  fillers_.push_back(std::move(filler));
}

void SearchBatch::Headroom::finish() {
  for (const std::string& filler : fillers_) txn_.erase(table_, filler);
  fillers_.clear();
}

// Rows are written anew with what was added; new lines have greater numbers than all others.
void SearchBatch::write_group(const Entry* begin, const Entry* end, Headroom* headroom) {
  const std::string_view key = key_of(*begin);
  std::string value;
  if (has_postings(key)) {
    if (headroom == nullptr) value = txn_.get(table_, key).value_or("");
    const Entry* last = nullptr;
    for (const Entry* entry = begin; entry != end; ++entry) {
      const std::string_view tag(entry->tag, entry->tag_size);
      if (last != nullptr && last->line == entry->line &&
          tag == std::string_view(last->tag, last->tag_size)) {
        continue;
      }
      append_posting(entry->line, tag, value);
      last = entry;
    }
  }
  if (headroom != nullptr) {
    headroom->append(key, value);
  } else if (has_postings(key)) {
    txn_.put(table_, key, value);
  } else {
    txn_.insert(table_, key, value);
  }
}

template <typename Visit>
void SearchBatch::take_groups(const Visit& visit) {
  const auto shelf = [&](const Entry& entry) { return key_of(entry)[0]; };
  std::vector<char> shelves;
  for (const Shelf one : {Shelf::kNameBackwards, Shelf::kWordBackwards, Shelf::kDirectory,
                          Shelf::kHash, Shelf::kLong, Shelf::kName, Shelf::kWord}) {
    shelves.push_back(static_cast<char>(one));
  }
  std::ranges::sort(shelves);  // as the keys
  auto begin = entries_.begin();
  for (const char one : shelves) {
    const auto end = std::partition(begin, entries_.end(),
                                    [&](const Entry& entry) { return shelf(entry) == one; });
    std::sort(begin, end, [this](const Entry& a, const Entry& b) { return before(a, b); });
    while (begin != end) {
      const auto next = std::find_if(begin, end, [&](const Entry& entry) {
        return entry.head != begin->head || key_of(entry) != key_of(*begin);
      });
      visit(&*begin, &*begin + (next - begin));
      begin = next;
    }
  }
  entries_.clear();
  blocks_.clear();
}

void SearchBatch::flush() {
  Headroom headroom(txn_, table_);
  Headroom* const in_order = txn_.count(table_) == 0 ? &headroom : nullptr;
  take_groups([&](const Entry* begin, const Entry* end) { write_group(begin, end, in_order); });
  headroom.finish();
}

void SearchBatch::erase(ChainId chain, LineId line, std::string_view text) {
  for_each_search_row(text, chain, [&](std::string_view key, std::string_view) {
    // Other lines may have a token that is there backwards; it leads nowhere then.
    if (has_postings(key)) put(key, line, {});
  });
  if (entries_.size() >= kMostEntries) flush_erased();
}

void SearchBatch::flush_erased() {
  take_groups([&](const Entry* begin, const Entry* end) { erase_group(begin, end); });
}

void SearchBatch::erase_group(const Entry* begin, const Entry* end) {
  const std::string_view key = key_of(*begin);
  const auto row = txn_.get(table_, key);
  if (!row) return;
  std::string left;
  Postings postings(static_cast<Shelf>(key[0]), *row);
  while (postings.next()) {
    while (begin != end && begin->line < postings.line()) ++begin;
    if (begin != end && begin->line == postings.line()) continue;
    append_posting(postings.line(), postings.tag(), left);
  }
  left.empty() ? (void)txn_.erase(table_, key) : txn_.put(table_, key, left);
}

}  // namespace metaset::store
