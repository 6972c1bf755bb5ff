// Signed statements: who holds a key says that a metaset is what it is. Its digest covers all that
// came before it (metaset_digest.h), so a statement speaks for the whole history.
//
//   statement = "metaset statement 1" LF
//               "number " number LF
//               "digest " 64HEXDIG LF        ; of the metaset's record
//               "made " time LF              ; of the metaset: 2024-05-01T10:00:00.000000Z
//               "signed " time LF            ; when this was said: an older state shows its age
//               "key " 64HEXDIG LF           ; fingerprint of the public key (base/signing.h)
//               "signature " 1*HEXDIG LF     ; over all lines before it
//
// They are rows of `meta` ("statement/" number key): one for each metaset and key, the newest.
// Thread-safety: as the transaction. Errors: kInvalid for a text that is no statement; kNotFound.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/signing.h"
#include "metaset/store/repository.h"

namespace metaset::store {

struct Statement {
  MetasetNumber number = 0;
  Sha256 digest{};
  Time made, signed_at;
  Sha256 key{};
  std::string signature;  // bytes

  static Statement parse(std::string_view text);
  std::string text() const;
  // Whether this key has signed it.
  bool is_by(const Key& public_key) const;
};

// Says that the metaset is as it is now, with the time of now; durable when it returns.
Statement sign_metaset(Repository& repository, MetasetNumber number, const Key& private_key);

// Keeps a statement that was made elsewhere, unless there is a newer one with the same key. Whether
// it is true of the metaset, and its signature, is not looked at.
void put_statement(const lmdb::Env& env, lmdb::WriteTxn& txn, const Statement& statement);

// Of one metaset, by key. A row that cannot be read is kCorrupt.
std::vector<Statement> statements_of(const lmdb::Env& env, const lmdb::Txn& txn,
                                     MetasetNumber number);
// Calls visit(number, text as stored) for all of them, by number.
using StatementVisitor = std::function<void(MetasetNumber number, std::string_view text)>;
void for_each_statement(const lmdb::Env& env, const lmdb::Txn& txn, const StatementVisitor& visit);
// The same with the keys of the rows in `meta`, for those who delete them.
void for_each_statement_row(const lmdb::Env& env, const lmdb::Txn& txn,
                            const StatementVisitor& visit);

}  // namespace metaset::store
