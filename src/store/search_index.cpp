#include "metaset/store/search_index.h"

#include <algorithm>
#include <iterator>

#include "metaset/base/error.h"

#include "store/codec.h"
#include "store/search_state.h"

namespace metaset::store {

LinePlaces in_both(const LinePlaces& a, const LinePlaces& b) {
  LinePlaces result;
  std::ranges::set_intersection(a, b, std::back_inserter(result));
  return result;
}

bool SearchIndex::is_built(const View& view) {
  const lmdb::Table meta = view.env().table(kMeta);
  if (view.env().table(kSearchTokens).handle == lmdb::Table::kMissing ||
      view.txn().get(meta, kSearchBuilt) != kSearchFormat) {
    return false;
  }
  const auto latest = view.txn().get(meta, kSearchLatest);
  return latest && latest->size() == sizeof(MetasetNumber) && read_u64(*latest) >= view.number();
}

SearchIndex::SearchIndex(const View& view, std::function<void()> check, SearchPageCache* pages,
                         std::size_t most_places) {
  if (!is_built(view)) {
    throw Error(Code::kUnavailable, "Search functionality is temporarily unavailable.");
  }
  state_ = std::make_unique<State>(view, std::move(check), pages, most_places);
}

SearchIndex::~SearchIndex() = default;

void SearchIndex::work(std::size_t bytes) {
  constexpr std::size_t kBytesOfStep = 1024;
  state_->step(1 + static_cast<unsigned>(std::min(bytes / kBytesOfStep, kStepsBetween)));
}

std::optional<LinePlaces> SearchIndex::candidates(const ips::SearchPattern& pattern,
                                                  std::optional<ips::ActionType> type,
                                                  std::string_view key) {
  return find_candidates(*state_, pattern, type, key);
}

std::optional<LinePlaces> SearchIndex::quick_candidates(const ips::SearchPattern& pattern,
                                                        std::optional<ips::ActionType> type,
                                                        std::string_view key,
                                                        std::size_t most_rows) {
  return find_candidates(*state_, pattern, type, key, most_rows);
}

std::optional<ChainPlaces> SearchIndex::chain_candidates(const ips::SearchPattern& pattern,
                                                         std::optional<ips::ActionType> type,
                                                         std::string_view key,
                                                         std::size_t most_rows) {
  return find_chain_candidates(*state_, pattern, type, key, most_rows);
}

void SearchIndex::for_each_chain(PublisherId publisher, const ChainVisitor& visit) {
  const std::string prefix = u32_key(publisher);
  lmdb::Cursor cursor(state_->view.txn(), state_->view.env().table(kSearchChains));
  for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
       more = cursor.next()) {
    state_->step();
    const auto record = SearchChainRecord::decode(cursor.value());
    if (!visit(record.chain, name_in_package_key(cursor.key()), record.lines)) return;
  }
}

const SearchChain& SearchIndex::chain(ChainId id) {
  const auto [place, is_new] = state_->chains.try_emplace(id);
  if (is_new) {
    const auto row = state_->view.txn().get(state_->view.env().table(kSearchNames), u32_key(id));
    if (!row) throw Error(Code::kCorrupt, "the search index lacks the name of a package");
    place->second.publisher = read_u32(*row);
    place->second.name = row->substr(sizeof(PublisherId));
  }
  return place->second;
}

std::vector<SearchDocument> SearchIndex::documents(ChainId id) {
  const SearchChain& of = chain(id);
  const std::string prefix = packages_prefix(of.publisher, of.name);
  const View& view = state_->view;
  std::vector<SearchDocument> documents;
  lmdb::Cursor cursor(view.txn(), view.env().table(kPackages));
  for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
       more = cursor.next()) {
    state_->step();
    if (!PackageEntry::visible(cursor.value(), view.number())) continue;
    const auto ordinal = view.txn().get(view.env().table(kSearchDocuments), cursor.key());
    if (!ordinal) continue;  // its manifest is not known
    documents.push_back(
        {Decoder(*ordinal, "search document").u32(), PackageEntry::decode(cursor.value()).version});
  }
  return documents;
}

bool SearchIndex::seek(LinePlace place) {
  State& state = *state_;
  state.step();
  const ChainId chain = chain_of(place);
  const LineId line = line_of(place);
  const bool here = state.page && state.page_chain == chain && line >= state.page_first &&
                    line - state.page_first < state.page->lines().size();
  if (!here) {
    const std::string key = u32_key(chain) + u32_key(line);
    if (!state.lines.seek_at_most(key) || read_u32(state.lines.key()) != chain) return false;
    const std::string_view row = state.lines.value();
    state.page =
        state.pages != nullptr ? state.pages->get(row) : std::make_shared<const SearchPage>(row);
    state.page_chain = chain;
    state.page_first = read_u32(state.lines.key().substr(sizeof(ChainId)));
  }
  const std::size_t index = line - state.page_first;
  if (index >= state.page->lines().size()) return false;
  state.line = &state.page->lines()[index];
  return !state.line->runs.empty();
}

std::string_view SearchIndex::line() const { return state_->line->text; }

bool SearchIndex::line_is_of(std::uint32_t ordinal) const { return state_->line->is_of(ordinal); }

}  // namespace metaset::store
