#include "store/search_rows.h"

#include <algorithm>
#include <optional>

#include "metaset/base/error.h"
#include "metaset/ips/search_tokens.h"

namespace metaset::store {

namespace {

std::optional<ips::Action> parse_action(std::string_view line) {
  try {
    return ips::Action::parse(line);
  } catch (const Error&) {
    return std::nullopt;  // the original finds no tokens in it either
  }
}

void visit_path(std::string_view path, ips::ActionType type, ChainId chain,
                const SearchRowVisitor& visit) {
  const std::string folded = ips::fold_case(path);
  const std::size_t slash = folded.rfind('/');
  if (slash == std::string::npos) return;
  const std::string_view directory = std::string_view(folded).substr(0, slash);
  const std::string_view name = std::string_view(folded).substr(slash + 1);
  if (name.size() <= kMaxSearchToken) {
    visit(token_key(Shelf::kName, name, chain), name_tag(type, directory));
    visit(backwards_key(Shelf::kNameBackwards, name), {});
  }
  if (directory.size() <= kMaxSearchToken) {
    visit(token_key(Shelf::kDirectory, directory, chain), {});
  }
  if (std::max(directory.size(), name.size()) > kMaxSearchToken) {
    visit(token_key(Shelf::kLong, {}, chain), {});
  }
}

void visit_word(const ips::SearchTuple& tuple, ChainId chain, const SearchRowVisitor& visit) {
  const std::string folded = ips::fold_case(tuple.token);
  if (folded.size() > kMaxSearchToken) return visit(token_key(Shelf::kLong, {}, chain), {});
  if (may_be_hash(tuple.type, tuple.key)) {
    if (const auto hash = hash_key(folded)) {
      return visit(token_key(Shelf::kHash, *hash, chain), {});
    }
  }
  visit(token_key(Shelf::kWord, folded, chain), word_tag(tuple.type, tuple.key));
  visit(backwards_key(Shelf::kWordBackwards, folded), {});
}

}  // namespace

void for_each_search_row(std::string_view line, ChainId chain, const SearchRowVisitor& visit) {
  const auto action = parse_action(line);
  if (!action) return;
  ips::for_each_search_tuple(*action, [&](const ips::SearchTuple& tuple) {
    if (!ips::is_path_key(tuple.type, tuple.key)) return visit_word(tuple, chain, visit);
    if (tuple.key == "path") visit_path(tuple.token, tuple.type, chain, visit);
  });
}

bool has_postings(std::string_view key) {
  return !key.empty() && key[0] != static_cast<char>(Shelf::kNameBackwards) &&
         key[0] != static_cast<char>(Shelf::kWordBackwards);
}

}  // namespace metaset::store
