#include "store/search_chain.h"

#include <algorithm>
#include <limits>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"

namespace metaset::store {

namespace {

std::string page_key(ChainId chain, LineId first) { return u32_key(chain) + u32_key(first); }

}  // namespace

SearchChainWriter::SearchChainWriter(lmdb::Env& env, lmdb::WriteTxn& txn, PublisherId publisher,
                                     std::string_view name)
    : env_(env), txn_(txn), key_(packages_prefix(publisher, name)) {
  if (const auto row = txn_.get(env_.table(kSearchChains), key_)) {
    record_ = SearchChainRecord::decode(*row);
    read_pages();
    return;
  }
  {
    lmdb::Cursor last(txn_, env_.table(kSearchNames));
    record_.chain = last.last() ? read_u32(last.key()) + 1 : 1;
  }
  txn_.append(env_.table(kSearchNames), u32_key(record_.chain),
              u32_key(publisher) + std::string(name));
}

void SearchChainWriter::read_pages() {
  const std::string prefix = u32_key(record_.chain);
  lmdb::Cursor cursor(txn_, env_.table(kSearchLines));
  for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
       more = cursor.next()) {
    read_.push_back(std::make_unique<SearchPage>(cursor.value()));
    Page page;
    page.first = read_u32(cursor.key().substr(prefix.size()));
    if (page.first != lines_.size()) {
      throw Error(Code::kCorrupt, "pages of the search index are missing");
    }
    for (const SearchLine& line : read_.back()->lines()) {
      page.text += line.text.size();
      if (!line.runs.empty()) by_text_.emplace(line.text, static_cast<LineId>(lines_.size()));
      lines_.push_back(line);
    }
    pages_.push_back(page);
  }
  seen_.resize(lines_.size());
}

void SearchChainWriter::mark_changed(LineId line) {
  const auto after = std::ranges::upper_bound(pages_, line, {}, &Page::first);
  std::prev(after)->changed = true;
}

LineId SearchChainWriter::line_for(std::string_view text, SearchBatch& batch) {
  if (const auto known = by_text_.find(text); known != by_text_.end()) return known->second;
  if (lines_.size() == std::numeric_limits<LineId>::max()) {
    throw Error(Code::kLimit, "too many lines of a package for the search index");
  }
  const auto line = static_cast<LineId>(lines_.size());
  new_texts_.emplace_back(text);
  lines_.push_back({{}, new_texts_.back()});
  seen_.push_back(0);
  by_text_.emplace(new_texts_.back(), line);
  if (pages_.empty() || pages_.back().text >= kSearchPageText ||
      line - pages_.back().first >= kSearchPageLines) {
    pages_.push_back({line, 0, true});
  }
  pages_.back().text += text.size();
  pages_.back().changed = true;
  batch.add(record_.chain, line, text);
  return line;
}

std::uint32_t SearchChainWriter::add_document(std::string_view manifest, SearchBatch& batch) {
  const std::uint32_t ordinal = record_.documents++;
  ips::for_each_line(manifest, [&](std::string_view text) {
    const LineId id = line_for(text, batch);
    if (seen_[id] == ordinal + 1) return;
    seen_[id] = ordinal + 1;
    SearchLine& line = lines_[id];
    if (line.open()) return;
    if (!line.runs.empty() && line.runs.back().end == ordinal) {
      line.runs.back().end = 0;
    } else {
      line.runs.push_back({ordinal, 0});
    }
    mark_changed(id);
  });
  for (LineId id = 0; id < lines_.size(); ++id) {
    if (seen_[id] == ordinal + 1 || !lines_[id].open()) continue;
    lines_[id].runs.back().end = ordinal;
    mark_changed(id);
  }
  return ordinal;
}

void SearchChainWriter::forget_documents(const std::vector<std::uint32_t>& ordinals,
                                         SearchBatch& batch) {
  std::vector<bool> dead(record_.documents);
  for (const std::uint32_t ordinal : ordinals) dead.at(ordinal) = true;
  for (LineId id = 0; id < lines_.size(); ++id) {
    SearchLine& line = lines_[id];
    if (line.runs.empty()) continue;
    const auto is_dead = [&](const DocumentRun& run) {
      const std::uint32_t end = run.end == 0 ? record_.documents : run.end;
      for (std::uint32_t ordinal = run.begin; ordinal < end; ++ordinal) {
        if (!dead.at(ordinal)) return false;
      }
      return true;
    };
    const auto [gone, end] = std::ranges::remove_if(line.runs, is_dead);
    if (gone == end) continue;
    line.runs.erase(gone, end);
    mark_changed(id);
    if (!line.runs.empty()) continue;
    batch.erase(record_.chain, id, line.text);
    by_text_.erase(line.text);
    line.text = {};
  }
}

void SearchChainWriter::save_page(std::size_t index) {
  const LineId first = pages_[index].first;
  const std::size_t end = index + 1 < pages_.size() ? pages_[index + 1].first : lines_.size();
  txn_.put(env_.table(kSearchLines), page_key(record_.chain, first),
           encode_search_page(&lines_[first], end - first));
}

void SearchChainWriter::save() {
  for (std::size_t i = 0; i < pages_.size(); ++i) {
    if (pages_[i].changed) save_page(i);
  }
  record_.lines = static_cast<std::uint32_t>(lines_.size());
  txn_.put(env_.table(kSearchChains), key_, record_.encode());
}

}  // namespace metaset::store
