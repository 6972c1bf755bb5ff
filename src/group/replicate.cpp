#include "metaset/group/replicate.h"

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/incoming_metasets.h"
#include "metaset/store/audit.h"
#include "metaset/store/commit.h"
#include "metaset/store/layout.h"
#include "metaset/store/payload_lock.h"

#include "group/incoming_content.h"
#include "group/incoming_records.h"
#include "group/replica_sources.h"

namespace metaset::group {

namespace {

constexpr std::chrono::milliseconds kLockPause{100};

store::CollectionLock lock_collection(const std::string& root, const std::stop_token& stop) {
  for (;;) {
    if (auto lock = store::CollectionLock::attempt(root)) return std::move(*lock);
    if (stop.stop_requested()) throw_stopped();
    std::this_thread::sleep_for(kLockPause);
  }
}

// A record whose rows are not what it announces: known only when it is applied.
struct WrongRecord {
  std::size_t source = 0;
  Error error;
};

class Replication {
 public:
  Replication(store::Repository& repository, ReplicaSources& sources,
              const ReplicateOptions& options, const ProgressCallback& callback,
              ReplicateResult& result)
      : repository_(repository),
        incoming_(repository),
        sources_(sources),
        options_(options),
        callback_(callback),
        result_(result) {}

  // From what is here to the target. Throws WrongRecord too.
  void run() {
    const store::MetasetNumber latest = incoming_.latest();
    sources_.compare_with(latest, [this](store::MetasetNumber number) { return digest(number); });
    IncomingRecords records(sources_, options_, store::payload_directory(repository_.root()),
                            latest, digest(latest));
    records.fetch(callback_);
    finish(records);
  }

  void finish(IncomingRecords& records) {
    result_.to = records.target();
    result_.digest = records.target_digest();
    // What is created with the first record has that already.
    const store::MetasetNumber next = incoming_.latest() + 1;
    if (records.count() > 0) {
      IncomingContent content(repository_, incoming_, sources_, options_, callback_, result_);
      content.take(records);
      add_metasets(records, next);
    }
    result_.statements += incoming_.add_statements(records.offer().statements);
    set_tags(records);
    if (options_.activate && incoming_.activate(records.target())) result_.activated = true;
    if (records.offer().collected.has(1)) incoming_.collect_first();
    result_.active = incoming_.active();
  }

 private:
  Sha256 digest(store::MetasetNumber number) const {
    const lmdb::Env& env = std::as_const(repository_).committed();
    const lmdb::ReadTxn txn(env);
    const auto record = store::View::record_of(env, txn, number);
    return record ? record->digest : Sha256{};
  }

  void add_metasets(const IncomingRecords& records, store::MetasetNumber next) {
    ProgressPhase phase(callback_, "adding", records.target() + 1 - next);
    for (store::MetasetNumber number = next; number <= records.target(); ++number) {
      if (options_.http.stop.stop_requested()) throw_stopped();
      add_metaset(records, number);
      phase.step();
    }
  }

  void add_metaset(const IncomingRecords& records, store::MetasetNumber number) {
    try {
      incoming_.add_metaset(records.record(number), records.offer().collected);
      ++result_.applied;
    } catch (const Error& error) {
      if (incoming_.latest() >= number) throw_others(number);
      if (error.code() != Code::kCorrupt && error.code() != Code::kInvalid) throw;
      throw WrongRecord{records.source_of(number), error};
    }
  }

  [[noreturn]] static void throw_others(store::MetasetNumber number) {
    throw Error(Code::kConflict,
                fmt::format("somebody has committed metaset {} here while it was on its way from a "
                            "source: a repository that follows another one must not have commits "
                            "of its own",
                            number));
  }

  // Where more is known already, tags may have moved on.
  void set_tags(const IncomingRecords& records) {
    if (incoming_.latest() > records.offer().last) return;
    std::vector<depot::MetasetTag> tags;
    for (const depot::MetasetTag& tag : records.offer().tags) {
      if (tag.number <= records.target()) tags.push_back(tag);
    }
    result_.tags += incoming_.set_tags(tags, options_.who);
  }

  store::Repository& repository_;
  depot::IncomingMetasets incoming_;
  ReplicaSources& sources_;
  const ReplicateOptions& options_;
  const ProgressCallback& callback_;
  ReplicateResult& result_;
};

// The disk may be full: what was done is done.
void note_replication(store::Repository& repository, const ReplicateOptions& options,
                      const ReplicateResult& result, const std::string& outcome) {
  if (!result.anything()) return;
  try {
    store::Audit(repository.staging())
        .append({options.actor.identity, options.actor.address, "replicate",
                 result.from < result.to
                     ? fmt::format("metasets {} to {}", result.from + 1, result.to)
                     : fmt::format("metaset {}", result.to),
                 fmt::format("{}: {} new, metaset {} is active", outcome, result.applied,
                             depot::IncomingMetasets(repository).active())});
  } catch (const Error&) {
    // Each metaset has a record of its own.
  }
}

// Calls work() until it does not meet a wrong record; the source that gave it is left out then.
template <typename Work>
void without_wrong_records(ReplicaSources& sources, const Work& work) {
  for (std::size_t left = sources.size();; --left) {
    try {
      return work();
    } catch (const WrongRecord& wrong) {
      sources.exclude(wrong.source, wrong.error);
      if (left > 1) continue;
      throw sources.failure("no source gives metasets as they should be", Code::kCorrupt);
    }
  }
}

// `records`: those that were fetched before the repository was created.
void replicate_here(store::Repository& repository, ReplicaSources& sources,
                    const ReplicateOptions& options, const ProgressCallback& callback,
                    ReplicateResult& result, IncomingRecords* records) {
  try {
    const auto lock = lock_collection(repository.root(), options.http.stop);
    const store::PayloadUse use(repository.root());
    if (!result.created) result.from = depot::IncomingMetasets(repository).latest();
    without_wrong_records(sources, [&] {
      Replication replication(repository, sources, options, callback, result);
      IncomingRecords* const fetched = std::exchange(records, nullptr);
      fetched != nullptr ? replication.finish(*fetched) : replication.run();
    });
    result.problems = sources.problems();
    note_replication(repository, options, result, "ok");
    if (result.applied > 0) store::finish_commit(repository);
  } catch (const Error& error) {
    result.problems = sources.problems();
    note_replication(repository, options, result, error.message());
    throw;
  }
}

std::string parent_of(const std::string& root) {
  const std::size_t last = root.find_last_not_of('/');
  const std::size_t slash = last == std::string::npos ? last : root.find_last_of('/', last);
  return slash == std::string::npos ? "." : root.substr(0, slash + 1);
}

}  // namespace

void replicate(store::Repository& repository, const std::vector<std::string>& from,
               const ReplicateOptions& options, const ProgressCallback& callback,
               ReplicateResult& result) {
  result = {};
  ReplicaSources sources(from, options.http, repository.root());
  replicate_here(repository, sources, options, callback, result, nullptr);
}

std::unique_ptr<store::Repository> replicate_anew(const std::string& root,
                                                  const std::vector<std::string>& from,
                                                  const ReplicateOptions& options,
                                                  const ProgressCallback& callback,
                                                  ReplicateResult& result) {
  result = {};
  ReplicaSources sources(from, options.http, root);
  std::optional<IncomingRecords> records;
  make_directories(parent_of(root));
  try {
    sources.compare_with(0, [](store::MetasetNumber) { return Sha256{}; });
    without_wrong_records(sources, [&] {
      records.emplace(sources, options, parent_of(root), 0, Sha256{});
      records->fetch(callback);
      const std::string first = records->record(1);
      try {
        depot::create_from_record(root, first);
      } catch (const Error& error) {
        if (error.code() != Code::kCorrupt) throw;
        throw WrongRecord{records->source_of(1), error};
      }
    });
  } catch (const Error&) {
    result.problems = sources.problems();
    throw;
  }
  result.created = true;
  ++result.applied;
  auto repository = std::make_unique<store::Repository>(root, store::Access::kWrite);
  replicate_here(*repository, sources, options, callback, result, &*records);
  return repository;
}

}  // namespace metaset::group
