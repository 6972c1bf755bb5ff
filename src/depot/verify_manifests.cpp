// Verification: every manifest that a package row refers to.
#include <algorithm>

#include "metaset/base/parallel.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/collected.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kBatch = 1024;  // rows read ahead of the threads

struct Task {
  std::string publisher, name, fmri;
  store::PublisherId id = 0;
  store::PackageEntry entry;
  std::optional<std::string_view> stored;  // in the memory map, so that threads need no transaction
};

struct Outcome {
  DamageKind kind = DamageKind::kManifest;
  std::string damage;
  std::vector<store::PayloadClaim> claims;
  std::uint64_t size = 0;
  bool other_texts = false;
};

Outcome damaged(DamageKind kind, std::string reason) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.damage = std::move(reason);
  return outcome;
}

std::string text_of(const Task& task) {
  if (!task.stored) throw Error(Code::kCorrupt, "its text is missing");
  const store::StoredManifest stored = store::decode_manifest(*task.stored);
  if (stored.size > ips::kMaxManifestText) throw Error(Code::kCorrupt, "its size is damaged");
  std::string text = stored.text();
  const Sha256 digest = sha256_of(text);
  if (digest != task.entry.manifest) {
    throw Error(Code::kCorrupt, "its text has the SHA-256 " + to_hex(digest) + ", not " +
                                    to_hex(task.entry.manifest));
  }
  return text;
}

// An FMRI without a publisher, or none at all, contradicts nothing.
bool contradicts(const ips::Fmri& fmri, const Task& task) {
  if (fmri.name.empty()) return false;
  return fmri.name != task.name || (!fmri.publisher.empty() && fmri.publisher != task.publisher) ||
         (fmri.version && *fmri.version != ips::Version::parse(task.entry.version));
}

bool same_texts(const ips::ManifestSummary& summary, const Task& task) {
  const store::PackageFacts facts = store::facts_of(summary, {}, {});
  const auto is_text = [](const store::TextId& id, std::string_view text) {
    return bytes_of(id) == bytes_of(sha256_of(text)).substr(0, id.size());
  };
  if (task.entry.dependency.has_value() == facts.dependency.empty()) return false;
  if (task.entry.dependency && !is_text(*task.entry.dependency, facts.dependency)) return false;
  return std::equal(task.entry.summary.begin(), task.entry.summary.end(), facts.summary.begin(),
                    facts.summary.end(), [&](const auto& recorded, const auto& made) {
                      return recorded.locale == made.first && is_text(recorded.text, made.second);
                    });
}

Outcome check(const Task& task) {
  try {
    const std::string text = text_of(task);
    const Sha1 sha1 = sha1_of(text);
    if (sha1 != task.entry.manifest_sha1) {
      return damaged(DamageKind::kPackage, "its row has the SHA-1 " +
                                               to_hex(task.entry.manifest_sha1) +
                                               ", its manifest has " + to_hex(sha1));
    }
    const ips::ManifestSummary summary = ips::summarize(text);
    if (contradicts(summary.fmri, task)) {
      return damaged(DamageKind::kPackage, "its manifest is that of " + summary.fmri.text());
    }
    if (summary.obsolete != task.entry.obsolete || summary.renamed != task.entry.renamed) {
      return damaged(DamageKind::kPackage,
                     "its row and its manifest do not agree about whether "
                     "it is obsolete or renamed");
    }
    Outcome outcome;
    outcome.size = text.size();
    outcome.claims = store::payload_claims(text);
    outcome.other_texts = !same_texts(summary, task);
    return outcome;
  } catch (const std::exception& error) {
    return damaged(DamageKind::kManifest, reason_of(error));
  }
}

// Reads package rows one after the other and gives out those with a manifest of their own.
class Tasks {
 public:
  explicit Tasks(VerifyContext& context)
      : context_(context),
        cursor_(context.txn, context.table(store::kPackages)),
        collected_(store::CollectedMetasets::load(context.env(), context.txn)) {}

  // Empty at the end. Calls skipped() for every row that needs no work.
  template <typename Skipped>
  std::vector<Task> next(const Skipped& skipped) {
    std::vector<Task> tasks;
    while (tasks.size() < kBatch && more()) {
      if (auto task = task_of_row()) {
        tasks.push_back(*std::move(task));
      } else {
        skipped();
      }
    }
    return tasks;
  }

 private:
  bool more() {
    const bool found = started_ ? cursor_.next() : cursor_.first();
    started_ = true;
    return found;
  }
  bool is_place_of(const store::PackageEntry& entry, const PackageKey& key) const {
    return cursor_.key() == store::package_key(key.publisher, key.name,
                                               ips::Version::parse(entry.version), key.sequence);
  }
  // Damaged rows were named before. A package that left and came back has its manifest twice. That
  // of a package which no metaset has any more may have been collected.
  std::optional<Task> task_of_row() {
    try {
      const PackageKey key = parse_package_key(cursor_.key());
      Task task;
      task.entry = store::PackageEntry::decode(cursor_.value());
      if (task.entry.manifest == Sha256{} || !is_place_of(task.entry, key)) return std::nullopt;
      task.id = key.publisher;
      task.name = key.name;
      task.fmri = context_.fmri(key.publisher, key.name, task.entry.version);
      task.stored =
          context_.txn.get(context_.table(store::kManifests), bytes_of(task.entry.manifest));
      if (!task.stored && collected_.covers(task.entry)) return std::nullopt;
      if (task.fmri == last_fmri_ && task.entry.manifest == last_manifest_) return std::nullopt;
      last_fmri_ = task.fmri;
      last_manifest_ = task.entry.manifest;
      if (const auto* publisher = context_.publisher(key.publisher)) {
        task.publisher = publisher->prefix;
      }
      return task;
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  VerifyContext& context_;
  lmdb::Cursor cursor_;
  const store::CollectedMetasets collected_;
  bool started_ = false;
  std::string last_fmri_;
  Sha256 last_manifest_{};
};

void take(VerifyContext& context, const Task& task, const Outcome& outcome) {
  ++context.report.manifests;
  context.claims.add(outcome.claims, 0, task.id);
  if (outcome.other_texts) ++context.report.other_texts;
  if (outcome.damage.empty()) return;
  const std::size_t number = context.damage(outcome.kind, task.fmri, outcome.damage);
  context.needed_by(number, task.fmri);
  VerifiedPublisher* publisher = context.publisher(task.id);
  if (outcome.kind == DamageKind::kPackage && publisher != nullptr) publisher->damaged = true;
}

}  // namespace

void verify_manifests(VerifyContext& context) {
  ProgressPhase phase(context.callback, "manifests",
                      context.txn.count(context.table(store::kPackages)));
  Tasks tasks(context);
  for (;;) {
    const std::vector<Task> batch = tasks.next([&] { phase.step(); });
    if (batch.empty()) return;
    std::vector<Outcome> outcomes(batch.size());
    std::mutex mutex;
    for_each_parallel(batch.size(), thread_count(context.options.threads), [&](std::size_t i) {
      outcomes[i] = check(batch[i]);
      const std::lock_guard lock(mutex);
      phase.step(outcomes[i].size);
    });
    for (std::size_t i = 0; i < batch.size(); ++i) take(context, batch[i], outcomes[i]);
  }
}

void visit_committed_claims(VerifyContext& context, const ClaimVisitor& visit) {
  Tasks tasks(context);
  for (;;) {
    const std::vector<Task> batch = tasks.next([] {});
    if (batch.empty()) return;
    std::mutex mutex;
    for_each_parallel(batch.size(), thread_count(context.options.threads), [&](std::size_t i) {
      try {
        const auto claims = store::payload_claims(text_of(batch[i]));
        const std::lock_guard lock(mutex);
        visit(batch[i].fmri, claims);
      } catch (const std::exception&) {
        // Named before.
      }
    });
  }
}

}  // namespace metaset::depot
