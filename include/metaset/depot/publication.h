// Publication over HTTP without the HTTP: open, append, add, file, manifest, close, abandon
// (protocol/http.md sections 7.2 to 7.9).
//
// What is wrong with a request leaves its transaction as it was. Nobody sees anything before
// close(); what close() acknowledged is durable.
// Thread-safety: any thread; one Publication per repository and process.
// Errors: kInvalid, kNotFound, kExists, kConflict, kLimit in the words that clients print.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metaset/depot/close_queue.h"
#include "metaset/depot/transaction.h"
#include "metaset/ips/action.h"

namespace metaset::depot {

inline constexpr std::uint64_t kMaxUploadedManifest = std::uint64_t{64}
                                                      << 20;  // bytes, of either form

// Reads up to `size` bytes of a request body; 0 at its end.
using BodyReader = std::function<std::size_t(char* buffer, std::size_t size)>;

struct PublicationLimits {
  std::uint64_t payload_bytes = std::uint64_t{16} << 30;  // of one upload, as it is sent
};

class Publication {
 public:
  // `committed` is called after each new metaset.
  Publication(store::Repository& repository, PublicationLimits limits,
              std::function<void()> committed)
      : repository_(repository),
        transactions_(repository.root()),
        audit_(repository.staging()),
        queue_(repository, audit_, std::move(committed)),
        limits_(limits) {}

  struct Caller {
    TransactionOwner owner;
    std::string address;
  };
  struct NewTransaction {
    std::string fmri;     // as the client wrote it
    std::string release;  // Client-Release: the build release of FMRIs without one
    std::string prefix;   // new publisher, for FMRIs that name none; empty: the default one
  };
  // The FMRI as it will be asked to be opened, with its publisher; for access checks. Checks it.
  ips::Fmri requested_fmri(const NewTransaction& wanted);
  // `fmri` is what requested_fmri() gave. Without timestamp it gets the current time.
  TransactionRecord open(const Caller& caller, ips::Fmri fmri);
  // kNotFound if there is no such package.
  TransactionRecord append(const Caller& caller, const ips::Fmri& fmri);

  using Attributes = std::vector<std::pair<std::string, std::vector<std::string>>>;
  void add(const Caller& caller, std::string_view id, std::string_view type,
           const Attributes& attributes, const BodyReader& body);
  // `basename` set: the body is a gzip file of that name; else content.
  void upload(const Caller& caller, std::string_view id, const std::optional<std::string>& basename,
              const BodyReader& body);
  // `body`: action lines, compressed or not.
  void add_manifest(const Caller& caller, std::string_view id, std::string_view body);

  // kStage: the package waits in the caller's staging area.
  enum class When { kImmediate, kStage };
  // What was published, and the transaction that did it: still locked, to be removed when the
  // client has its answer. If the process dies before, the client finds it and may close it again.
  Transaction close(const Caller& caller, std::string_view id, When when);
  ips::Fmri abandon(const Caller& caller, std::string_view id);

  AuditLog& audit() { return audit_; }
  Transactions& transactions() { return transactions_; }
  store::Repository& repository() { return repository_; }

 private:
  UploadedPayload receive(const Caller& caller, std::string_view id,
                          const std::optional<std::string>& basename, const BodyReader& body,
                          std::string first);
  void add_payload(const Caller& caller, std::string_view id, const BodyReader& body,
                   std::string first, ips::Action& action);
  void note(const Caller& caller, std::string_view event, const ips::Fmri& fmri);
  void take_payloads(const Transaction& transaction, const ClosedPackage& package);

  store::Repository& repository_;
  Transactions transactions_;
  AuditLog audit_;
  CloseQueue queue_;
  PublicationLimits limits_;
};

}  // namespace metaset::depot
