// A query string of search/1: it is refused with a message, or printed so that it is parsed to the
// same.
#include "metaset/base/percent.h"
#include "metaset/ips/search_pattern.h"
#include "metaset/ips/search_query.h"
#include "metaset/ips/version.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::require;
using metaset::ips::SearchNode;
using metaset::ips::SearchPattern;
using metaset::ips::SearchRequest;

void try_leaves(const SearchNode& node, std::string_view token) {
  require(node.kind != SearchNode::Kind::kTerm || !node.term.text.empty());
  if (node.kind == SearchNode::Kind::kTerm && node.term.text.size() < 200 && token.size() < 1000) {
    for (const bool case_sensitive : {false, true}) {
      const SearchPattern pattern(node.term.text, case_sensitive);
      if (!pattern.matches(token)) continue;
      const std::string folded = metaset::ips::fold_case(token);
      require(pattern.literal() ? folded == pattern.folded()
                                : metaset::ips::matches_glob(folded, pattern.folded()));
    }
  }
  for (const SearchNode& child : node.children) try_leaves(child, token);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  SearchRequest request;
  metaset::fuzz::accepts([&] { SearchRequest::parse_v0(text); });
  if (!metaset::fuzz::accepts([&] { request = SearchRequest::parse(text); })) return 0;
  require(metaset::is_utf8(text));
  require(!request.packages || request.query.gives_packages());
  const std::string printed = request.query.text();
  SearchNode again;
  // What is printed is longer: it may have too many or too long words.
  if (metaset::fuzz::accepts([&] { again = metaset::ips::parse_search(printed); })) {
    require(again.text() == printed);
  } else {
    require(size > 40);
  }
  try_leaves(request.query, text);
  return 0;
}
