// The lines that a term may be found in, one after the other, with the visible documents that have
// them. Private to the operations. Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "metaset/ips/action.h"
#include "metaset/store/search_index.h"

#include "depot/search_term.h"

namespace metaset::depot {

// A version that is visible, of the package that is looked at.
struct FoundDocument {
  std::uint32_t ordinal = 0;
  std::string version;
  std::string folded;  // name@version
};

struct FoundLine {
  std::string_view name;  // of the package
  std::string_view text;
  const ips::Action& action;
  // Those that have the line and are accepted by the term.
  const std::vector<const FoundDocument*>& documents;
};

class SearchLines {
 public:
  SearchLines(store::SearchIndex& index, store::PublisherId publisher)
      : index_(index), publisher_(publisher) {}
  // False: stop. The line dies with the call.
  using Visitor = std::function<bool(const FoundLine& line)>;
  // `within`: only these lines.
  bool for_each(const SearchTermMatcher& term, const store::LinePlaces* within,
                const Visitor& visit);
  // To be called by the visitor: the documents that have the line need not be looked at again.
  void leave_documents() { leaving_ = true; }

 private:
  struct Chain {
    store::ChainId id = 0;
    store::LineId lines = 0;
  };
  void enter(store::ChainId id, const SearchTermMatcher& term);
  std::optional<std::vector<Chain>> few_chains(const SearchTermMatcher& term);
  bool visit_chains(const std::vector<Chain>& chains, const SearchTermMatcher& term,
                    const store::LinePlaces* within, const Visitor& visit);
  bool visit_place(store::LinePlace place, const Visitor& visit);

  store::SearchIndex& index_;
  store::PublisherId publisher_;
  // Of the package that is looked at.
  store::ChainId chain_ = 0;
  std::string name_;
  std::vector<FoundDocument> documents_;
  std::vector<const FoundDocument*> having_;  // the line
  bool leaving_ = false;                      // those
};

}  // namespace metaset::depot
