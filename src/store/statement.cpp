#include "metaset/store/statement.h"

#include <charconv>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/store/collected.h"

namespace metaset::store {

namespace {

constexpr std::string_view kStatementPrefix = "statement/";
constexpr std::string_view kStatementFormat = "metaset statement 1";
constexpr std::size_t kMaxSignature = 4096;  // bytes; RSA with 32,768 bits

std::string statements_key(MetasetNumber number) {
  return std::string(kStatementPrefix) + u64_key(number);
}

std::string statement_key(const Statement& statement) {
  return statements_key(statement.number).append(bytes_of(statement.key));
}

std::string unsigned_text(const Statement& statement) {
  return fmt::format("{}\nnumber {}\ndigest {}\nmade {}Z\nsigned {}Z\nkey {}\n", kStatementFormat,
                     statement.number, to_hex(statement.digest), iso_timestamp(statement.made),
                     iso_timestamp(statement.signed_at), to_hex(statement.key));
}

[[noreturn]] void no_statement(std::string_view what) {
  throw Error(Code::kInvalid, fmt::format("not a statement about a metaset: {}", what));
}

// The rest of the next line, which has to begin with a word.
std::string_view take_value(std::string_view& text, std::string_view word) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) no_statement("it is cut short");
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.starts_with(word) || line.size() <= word.size() || line[word.size()] != ' ') {
    no_statement(fmt::format("there is no '{}' where it should be", word));
  }
  return line.substr(word.size() + 1);
}

Time take_time(std::string_view& text, std::string_view word) {
  const auto time = parse_iso_timestamp(take_value(text, word));
  if (!time) no_statement(fmt::format("the time after '{}' is none", word));
  return *time;
}

Sha256 take_digest(std::string_view& text, std::string_view word) {
  const auto digest = sha256_from_hex(take_value(text, word));
  if (!digest) no_statement(fmt::format("what follows '{}' is no digest", word));
  return *digest;
}

}  // namespace

std::string Statement::text() const {
  return unsigned_text(*this) + "signature " + to_hex(signature) + "\n";
}

Statement Statement::parse(std::string_view text) {
  const std::string_view all = text;
  Statement result;
  if (!text.starts_with(kStatementFormat) || text.substr(kStatementFormat.size(), 1) != "\n") {
    no_statement("it does not begin like one");
  }
  text.remove_prefix(kStatementFormat.size() + 1);
  const std::string_view number = take_value(text, "number");
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), result.number);
  if (error != std::errc() || end != number.data() + number.size()) no_statement("no number");
  result.digest = take_digest(text, "digest");
  result.made = take_time(text, "made");
  result.signed_at = take_time(text, "signed");
  result.key = take_digest(text, "key");
  auto signature = from_hex(take_value(text, "signature"));
  if (!signature || signature->empty() || signature->size() > kMaxSignature) {
    no_statement("what follows 'signature' is none");
  }
  result.signature = *std::move(signature);
  // One form only: what was signed is what is printed.
  if (result.text() != all) no_statement("it is not in its canonical form");
  return result;
}

bool Statement::is_by(const Key& public_key) const {
  return public_key.fingerprint() == key && public_key.has_signed(unsigned_text(*this), signature);
}

Statement sign_metaset(Repository& repository, MetasetNumber number, const Key& private_key) {
  lmdb::Env& env = repository.committed();
  lmdb::WriteTxn txn(env);
  const auto record = View::record_of(env, txn, number);
  if (!record) throw Error(Code::kNotFound, fmt::format("no metaset {}", number));
  require_not_collected(env, txn, number);
  Statement statement{number, record->digest, record->time, now(), private_key.fingerprint(), {}};
  statement.signature = private_key.sign(unsigned_text(statement));
  txn.put(env.table(kMeta), statement_key(statement), statement.text());
  txn.commit();
  return statement;
}

void put_statement(const lmdb::Env& env, lmdb::WriteTxn& txn, const Statement& statement) {
  for (const Statement& before : statements_of(env, txn, statement.number)) {
    if (before.key == statement.key && before.signed_at > statement.signed_at) return;
  }
  txn.put(env.table(kMeta), statement_key(statement), statement.text());
}

std::vector<Statement> statements_of(const lmdb::Env& env, const lmdb::Txn& txn,
                                     MetasetNumber number) {
  std::vector<Statement> result;
  const std::string prefix = statements_key(number);
  lmdb::Cursor cursor(txn, env.table(kMeta));
  for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
       more = cursor.next()) {
    try {
      result.push_back(Statement::parse(cursor.value()));
    } catch (const Error& error) {
      throw Error(Code::kCorrupt, fmt::format("metaset {}: {}", number, error.message()));
    }
  }
  return result;
}

namespace {

// Calls visit(number, cursor).
template <typename Visit>
void for_each_row(const lmdb::Env& env, const lmdb::Txn& txn, const Visit& visit) {
  lmdb::Cursor cursor(txn, env.table(kMeta));
  for (bool more = cursor.seek(kStatementPrefix);
       more && cursor.key().starts_with(kStatementPrefix); more = cursor.next()) {
    const std::string_view rest = cursor.key().substr(kStatementPrefix.size());
    if (rest.size() >= 8) visit(read_u64(rest.substr(0, 8)), cursor);
  }
}

}  // namespace

void for_each_statement(const lmdb::Env& env, const lmdb::Txn& txn, const StatementVisitor& visit) {
  for_each_row(env, txn,
               [&](MetasetNumber number, const lmdb::Cursor& row) { visit(number, row.value()); });
}

void for_each_statement_row(const lmdb::Env& env, const lmdb::Txn& txn,
                            const StatementVisitor& visit) {
  for_each_row(env, txn,
               [&](MetasetNumber number, const lmdb::Cursor& row) { visit(number, row.key()); });
}

}  // namespace metaset::store
