#include "metaset/depot/close_queue.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"

#include "depot/taken.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kMaxBatch = 256;
constexpr std::size_t kNamed = 3;  // identities and packages that a message lists

std::string list_of(const std::set<std::string>& names, std::string_view more) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() < kNamed) shown.push_back(name);
  }
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > kNamed) text += fmt::format(" and {} {}", names.size() - kNamed, more);
  return text;
}

store::MetasetNumber latest_number(store::Repository& repository) {
  const lmdb::ReadTxn txn(repository.committed());
  return store::View::latest_number(repository.committed(), txn);
}

// What the catalog has of this version now; nullopt: not visible.
std::optional<store::PackageEntry> visible(const store::View& view, const ips::Fmri& fmri) {
  const auto publisher = view.publisher(fmri.publisher);
  if (!publisher) return std::nullopt;
  auto row = view.find_visible(publisher->id, fmri.name, *fmri.version);
  if (!row) return std::nullopt;
  return std::move(row->entry);
}

// False if the very same thing is there already; throws if something else is.
bool is_new(const store::View& view, const ClosedPackage& package) {
  const auto there = visible(view, package.fmri);
  if (there && there->manifest == package.facts.manifest) return false;
  if (!package.replaces) {
    const auto publisher = view.publisher(package.fmri.publisher);
    const bool ever =
        publisher && view.find(publisher->id, package.fmri.name, *package.fmri.version);
    if (there || ever) throw_taken(package.fmri);
  } else if (!there || there->manifest != *package.replaces) {
    throw Error(Code::kConflict,
                fmt::format("The package {} was changed by somebody else meanwhile. Fetch its "
                            "manifest again and repeat.",
                            package.fmri.text()));
  }
  return true;
}

void apply(store::MetasetWriter& writer, const ClosedPackage& package) {
  const store::PublisherId publisher = writer.publisher(package.fmri.publisher);
  if (package.replaces) writer.remove(publisher, package.fmri.name, *package.fmri.version);
  writer.put_manifest(package.manifest);
  writer.add(publisher, package.facts);
}

store::AuditEvent closed_event(const ClosedPackage& package, const std::string& failure) {
  return {package.who, package.address, package.replaces ? "close-append" : "close",
          package.fmri.text() + (package.immediate ? "" : " in " + package.area),
          failure.empty() ? "ok" : failure};
}

}  // namespace

ClosedPackage ClosedPackage::of(const ips::Fmri& fmri, std::string manifest) {
  ClosedPackage package;
  package.fmri = fmri;
  package.manifest = std::move(manifest);
  ips::ManifestSummary summary = ips::summarize(package.manifest);
  package.facts = store::facts_of(summary, sha1_of(package.manifest), sha256_of(package.manifest));
  package.facts.name = fmri.name;
  package.facts.version = fmri.version.value();
  package.payloads = std::move(summary.payloads);
  return package;
}

void CloseQueue::publish(const ClosedPackage& package) {
  Item item{&package, nullptr, false};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&item);
  while (!item.done) {
    if (writing_) {
      changed_.wait(lock);
      continue;
    }
    // Whoever finds nobody writing writes for all that wait.
    writing_ = true;
    Batch batch(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(
                                                         std::min(waiting_.size(), kMaxBatch)));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(batch.size()));
    lock.unlock();
    write(batch);
    lock.lock();
    writing_ = false;
    for (Item* one : batch) one->done = true;
    changed_.notify_all();
  }
  if (item.failure) std::rethrow_exception(item.failure);
}

void CloseQueue::write(const Batch& batch) noexcept {
  Batch staged, immediate;
  for (Item* item : batch) (item->package->immediate ? immediate : staged).push_back(item);
  try {
    repository_.payloads().sync();
  } catch (...) {
    fail(batch);
    return;
  }
  attempt(staged, &CloseQueue::stage);
  attempt(immediate, &CloseQueue::commit);
}

void CloseQueue::fail(const Batch& batch) noexcept {
  for (Item* item : batch) {
    if (!item->failure) item->failure = std::current_exception();
  }
}

void CloseQueue::attempt(const Batch& batch, Step step) noexcept {
  if (batch.empty()) return;
  try {
    (this->*step)(batch);
  } catch (...) {
    if (batch.size() == 1) {
      fail(batch);
      return;
    }
    // One bad package must not take the others with it.
    for (Item* item : batch) {
      item->failure = nullptr;
      attempt({item}, step);
    }
  }
}

void CloseQueue::stage(const Batch& batch) {
  const store::MetasetNumber base = latest_number(repository_);
  store::Staging staging(repository_.staging());
  std::vector<store::Staging::Put> puts;
  std::vector<Item*> items;
  for (Item* item : batch) {
    const ClosedPackage& package = *item->package;
    try {
      if (const auto area = staging.area(package.area)) {
        const auto change = staging.change(area->record.id, package.fmri);
        if (change && change->record.manifest == package.facts.manifest) continue;
      }
      if (!package.replaces && is_taken(repository_, package.fmri, package.area)) {
        throw_taken(package.fmri);
      }
    } catch (const Error&) {
      item->failure = std::current_exception();
      continue;
    }
    const auto kind = package.replaces ? store::ChangeKind::kReplace : store::ChangeKind::kAdd;
    puts.push_back({package.area, {package.who, base}, kind, package.fmri, package.manifest});
    items.push_back(item);
  }
  if (puts.empty()) return;
  audit_.append_in([&](const AuditLog::Append& append) {
    staging.put_all(puts, [&](lmdb::WriteTxn& txn, const store::Staging::Results& failures) {
      std::vector<store::AuditEvent> events;
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (failures[i]) items[i]->failure = std::make_exception_ptr(*failures[i]);
        events.push_back(
            closed_event(*items[i]->package, failures[i] ? failures[i]->message() : ""));
      }
      append(txn, std::move(events));
    });
  });
}

void CloseQueue::commit(const Batch& batch) {
  std::set<std::string> who, names;
  for (const Item* item : batch) {
    who.insert(item->package->who);
    names.insert(item->package->fmri.name);
  }
  const store::MetasetWriter::Options options{
      list_of(who, "more"), "publish " + list_of(names, "more"), std::nullopt, true};
  const auto record =
      repository_.write_metaset(options, [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
        for (Item* item : batch) {
          bool wanted = false;
          try {
            wanted = is_new(writer.view(), *item->package);
          } catch (const Error&) {
            item->failure = std::current_exception();
          }
          if (wanted) apply(writer, *item->package);
        }
      });
  if (!record) return;
  std::vector<store::AuditEvent> events;
  for (const Item* item : batch) {
    if (!item->failure) events.push_back(closed_event(*item->package, ""));
  }
  events.push_back({options.who, "", "commit", "metaset " + std::to_string(record->number), "ok"});
  audit_.append(std::move(events));
  committed_();
}

}  // namespace metaset::depot
