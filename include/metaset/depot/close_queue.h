// The end of every publication over HTTP: packages that are complete become durable, many at once.
//
// Closes that arrive while one batch is being written form the next batch (group commit): the
// payloads of a batch are synced once, its packages are written in one transaction, and every
// client gets its answer when that is durable.
// Thread-safety: any thread; one CloseQueue per repository and process. Errors: kExists,
// kConflict and others of the one package; what concerns the whole batch (kNoSpace) is thrown to
// each of its callers, and then none of it was published.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "metaset/depot/audit_log.h"
#include "metaset/store/repository.h"
#include "metaset/store/staging.h"

namespace metaset::depot {

struct ClosedPackage {
  ips::Fmri fmri;
  std::string manifest;
  store::PackageFacts facts;          // of the manifest
  std::vector<std::string> payloads;  // that it names
  std::optional<Sha256> replaces;     // the manifest that must be there now; nullopt: a new package
  std::string who, area, address;
  bool immediate = false;  // into the next metaset, which becomes active; else into the area

  // The rest still to be filled in. kInvalid, kLimit as ips::summarize.
  static ClosedPackage of(const ips::Fmri& fmri, std::string manifest);
};

class CloseQueue {
 public:
  // `committed` is called after each new metaset, in the thread that wrote it.
  CloseQueue(store::Repository& repository, AuditLog& audit, std::function<void()> committed)
      : repository_(repository), audit_(audit), committed_(std::move(committed)) {}

  // Its payloads are in the payload store. Returns when it is durable. Repeating what was published
  // already with the same manifest is no error.
  void publish(const ClosedPackage& package);

 private:
  struct Item {
    const ClosedPackage* package = nullptr;
    std::exception_ptr failure;
    bool done = false;
  };
  using Batch = std::vector<Item*>;
  using Step = void (CloseQueue::*)(const Batch&);
  void write(const Batch& batch) noexcept;
  void attempt(const Batch& batch, Step step) noexcept;
  static void fail(const Batch& batch) noexcept;
  void stage(const Batch& batch);
  void commit(const Batch& batch);

  store::Repository& repository_;
  AuditLog& audit_;
  std::function<void()> committed_;
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  Batch waiting_;
  bool writing_ = false;
};

}  // namespace metaset::depot
