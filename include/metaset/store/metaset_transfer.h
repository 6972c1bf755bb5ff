// Transfer records: what one metaset changed, for another repository that has the one before it.
//
// A record holds every row that the digest of the metaset covers (metaset_digest.h) and that the
// other repository does not have, with the texts of the catalog that those rows need. Where it is
// applied, the metaset gets the same number, time, author, message and digests, and so the same
// catalogs, byte for byte. Manifests and payloads are not in it: they travel apart, by their
// digests. A record is one string of bytes, written as records of the database are (schema.h):
// integers as varints, bytes with their length before them, a list with its count before it.
//
//   record    = "metaset transfer 1" MetasetRecord [text] [publisher] option<config>
//   publisher = id prefix is-new option<config> option<state>    ; by id
//   state     = [operation] PublisherState
//   operation = OperationRecord option<PackageEntry>            ; the row, if the operation made it
//   option<x> = 0 | 1 x
//
// PackageEntry is without the metaset that removed the package; `prefix`, `config`, `text` and all
// records are bytes with their length.
//
// Memory: the record, and what LMDB needs for the rows. Thread-safety: as the transaction; the
// functions on bytes alone are re-entrant. Errors: kInvalid for bytes that are no record; else as
// stated.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "metaset/store/view.h"

namespace metaset::store {

inline constexpr std::uint64_t kMaxTransferRecord = std::uint64_t{1} << 30;  // bytes

// Of the view's metaset. kCorrupt if a row is missing; kLimit.
std::string transfer_record(const View& view);

// Called for each operation, with the package row that it made (nullptr: it removed one that was
// there). All references are only good for the call.
using TransferVisitor = std::function<void(
    std::string_view publisher, const OperationRecord& operation, const PackageEntry* row)>;
// Checks the form of the whole record; gives the metaset as it is announced. That its digests are
// right is only known when it is applied.
MetasetRecord check_transfer(std::string_view record, const TransferVisitor& visit = {});

// Whether the announced record has the chain digest that follows from it and from its parent's
// (which is ignored for metaset 1).
bool is_next_in_chain(const MetasetRecord& announced, const Sha256& parent_digest);

// Writes the metaset, which must be the next one (kConflict). kCorrupt if what was written has
// other digests than those that are announced; after any error the transaction is to be aborted.
MetasetRecord apply_transfer(lmdb::Env& env, lmdb::WriteTxn& txn, std::string_view record,
                             bool activate);

}  // namespace metaset::store
