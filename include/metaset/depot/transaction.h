// Open publication transactions (protocol/http.md section 7): what was sent between open or append
// and close or abandon. Plain files, so that payloads stream to disk and nothing that was sent is
// lost when the worker ends:
//
//   REPO/staging/open/<identity>-<transaction>/    hashes: an id is too long for a file name
//       record     JSON: id, FMRI, kind, area, who, address, time; as old as its last use; not
//                  writable: its package is published, but the answer to close may be lost
//       manifest   text so far; an unfinished last line does not count; missing: its first line
//       payloads   one line of facts for each upload
//       HASH       gzip files
//
// A transaction belongs to the identity and area that opened it; nobody else can see it, so that
// two publishers may have the same FMRI open: the first to close gets it.
// Nothing is synced before close: after a crash of the machine open transactions may be gone, and
// their clients are told so. Thread-safety: any thread and process; a Transaction is locked (flock)
// while the object lives. Errors: kNotFound "No transaction matching '<id>' could be found.",
// kExists "Transaction ID '<id>' is already open.", kLimit, system errors.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"
#include "metaset/base/file.h"
#include "metaset/ips/fmri.h"
#include "metaset/store/payloads.h"

namespace metaset::depot {

struct TransactionOwner {
  std::string who;   // identity
  std::string area;  // staging area
};

struct TransactionRecord {
  std::string id;
  ips::Fmri fmri;       // complete
  bool append = false;  // to a package that is published already
  std::string base;     // append: hex SHA-256 of the manifest that was copied
  TransactionOwner owner;
  std::string address;  // of the client
  Time opened;
  std::string to_json() const;
  static TransactionRecord from_json(std::string_view text);
};

// An upload that the transaction holds. `kept`: its file is in the transaction; else the repository
// had it already.
struct UploadedPayload {
  store::PayloadFacts facts;  // facts.name is the name that it was sent as
  bool kept = true;
};

class Transaction {
 public:
  const TransactionRecord& record() const { return record_; }
  std::string manifest() const;
  // Adds one line, or many. The caller has checked them.
  void add_line(std::string_view line);
  void replace_manifest(std::string_view text);
  std::map<std::string, UploadedPayload> payloads() const;
  // Notes an upload whose file, if kept, is at payload_path() already.
  void note_payload(const UploadedPayload& payload);
  std::string payload_path(std::string_view name) const;
  // What it was for is done. It can still be closed again, by a client that got no answer, but no
  // longer keeps others from opening the same FMRI.
  void note_closed() noexcept;
  void remove();

 private:
  friend class Transactions;
  Transaction(std::string directory, Fd lock, TransactionRecord record);
  std::string first_line() const;
  std::string directory_;
  Fd lock_;
  TransactionRecord record_;
};

class Transactions {
 public:
  static constexpr std::size_t kMaxOpen = 1000;  // per identity

  explicit Transactions(std::string_view repository);

  // `manifest` is what an append starts from; another one begins with the name of the package.
  void create(const TransactionRecord& record, std::string_view manifest = {});
  bool exists(const TransactionOwner& owner, std::string_view id) const;
  // Waits for the lock; counts as a use.
  Transaction open(const TransactionOwner& owner, std::string_view id);
  // Where uploads go before they belong to a transaction: the same file system, no lock needed.
  // kNotFound if there is no such transaction.
  std::string upload_directory(const TransactionOwner& owner, std::string_view id) const;

  std::vector<TransactionRecord> list() const;
  // What a transaction refers to so far; not locked, so more may come at any time. Calls visit()
  // with the names of payloads: of its manifest, and of uploads that the repository had already.
  void for_each_payload(const TransactionRecord& record,
                        const std::function<void(std::string_view name)>& visit) const;
  // Removes transactions that were not used for so long, and what crashes left. The records of
  // those that were open.
  std::vector<TransactionRecord> expire(std::chrono::seconds idle);

 private:
  std::string directory_of(const TransactionOwner& owner, std::string_view id) const;
  std::string root_;
};

}  // namespace metaset::depot
