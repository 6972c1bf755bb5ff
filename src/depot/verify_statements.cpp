// Signed statements: each is about the metaset that is there, and, if keys are trusted, one of them
// speaks for what is served now.
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/statement.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

// The key that a statement says it is signed with; nullptr if that one is not trusted.
const Key* trusted_key(const VerifyContext& context, const store::Statement& statement) {
  const auto place = std::ranges::find_if(context.options.trusted, [&](const auto& key) {
    return key->fingerprint() == statement.key;
  });
  return place == context.options.trusted.end() ? nullptr : place->get();
}

void check_statement(VerifyContext& context, store::MetasetNumber number, std::string_view text) {
  const std::string what = fmt::format("statement about metaset {}", number);
  const auto bad = [&](std::string reason) {
    context.damage(DamageKind::kMetaset, what, std::move(reason));
  };
  const store::Statement statement = store::Statement::parse(text);
  ++context.report.statements;
  const auto record = store::View::record_of(context.env(), context.txn, number);
  if (!record) return bad("there is no such metaset");
  if (statement.number != number || statement.digest != record->digest) {
    return bad("it is about another metaset");
  }
  const Key* const key = trusted_key(context, statement);
  if (key == nullptr) return;
  if (!statement.is_by(*key)) return bad("its signature is wrong");
  if (number < context.report.signed_metaset) return;
  context.report.signed_metaset = number;
  context.report.signed_at = std::max(context.report.signed_at, statement.signed_at);
}

}  // namespace

void verify_statements(VerifyContext& context) {
  store::for_each_statement(
      context.env(), context.txn, [&](store::MetasetNumber number, std::string_view text) {
        context.guard(DamageKind::kMetaset, fmt::format("statement about metaset {}", number),
                      [&] { check_statement(context, number, text); });
      });
  if (context.options.trusted.empty()) return;
  const auto active = store::View::active_number(context.env(), context.txn);
  if (context.report.signed_metaset >= active) return;
  context.damage(DamageKind::kMetaset, fmt::format("metaset {}", active),
                 context.report.signed_metaset == 0
                     ? "no trusted key has signed it or a later one"
                     : fmt::format("no trusted key has signed it or a later one; the newest that "
                                   "one has is {}",
                                   context.report.signed_metaset));
}

}  // namespace metaset::depot
