// Opening and ending transactions.
#include "metaset/depot/publication.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/payload_lock.h"

#include "depot/payload_check.h"
#include "depot/taken.h"

namespace metaset::depot {

namespace {

constexpr int kMaxSeconds = 3600;  // how far a clash of timestamps is resolved into the future

bool is_release(std::string_view text) {
  if (text.empty()) return false;
  try {
    return ips::Version::parse("1," + std::string(text)).build() == text;
  } catch (const Error&) {
    return false;
  }
}

TransactionRecord record_of(const Publication::Caller& caller, const ips::Fmri& fmri) {
  return {ips::transaction_id(fmri), fmri, false, {}, caller.owner, caller.address, now()};
}

struct PublishedManifest {
  std::string text;
  Sha256 digest{};
};

// What append starts from: staged by the area, or in the newest metaset.
std::optional<PublishedManifest> published_manifest(store::Repository& repository,
                                                    const ips::Fmri& fmri, std::string_view area) {
  const store::Staging staging(repository.staging());
  if (const auto staged = staging.area(area)) {
    if (const auto change = staging.change(staged->record.id, fmri)) {
      if (change->record.kind == store::ChangeKind::kRemove) return std::nullopt;
      return PublishedManifest{staging.manifest(change->record.manifest), change->record.manifest};
    }
  }
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const store::View view(env, txn, store::View::latest_number(env, txn));
  const auto publisher = view.publisher(fmri.publisher);
  if (!publisher) return std::nullopt;
  const auto row = view.find_visible(publisher->id, fmri.name, *fmri.version);
  if (!row) return std::nullopt;
  const auto stored = view.manifest(row->entry.manifest);
  if (!stored) return std::nullopt;
  return PublishedManifest{stored->text(), row->entry.manifest};
}

}  // namespace

ips::Fmri Publication::requested_fmri(const NewTransaction& wanted) {
  if (wanted.fmri.empty()) {
    throw Error(Code::kInvalid, "A valid package FMRI must be specified.");
  }
  if (!is_release(wanted.release)) {
    throw Error(Code::kInvalid,
                fmt::format("The specified client_release is invalid: '{}'", wanted.release));
  }
  ips::Fmri fmri = ips::Fmri::parse(wanted.fmri, wanted.release);
  if (!fmri.version) {
    throw Error(Code::kInvalid,
                fmt::format("The specified FMRI, '{}', has an invalid version.", fmri.text()));
  }
  if (!wanted.prefix.empty() && !ips::is_publisher_name(wanted.prefix)) {
    throw Error(Code::kInvalid, "Invalid publisher prefix: " + wanted.prefix);
  }
  if (fmri.publisher.empty()) {
    fmri.publisher = wanted.prefix.empty() ? default_prefix(repository_, fmri) : wanted.prefix;
  }
  return fmri;
}

TransactionRecord Publication::open(const Caller& caller, ips::Fmri fmri) {
  const bool given = !fmri.version->timestamp().empty();
  Time time = now();
  for (int tries = 0;; ++tries, time.micros += 1'000'000) {
    if (!given) fmri.version = fmri.version->with_timestamp(fmri_timestamp(time));
    TransactionRecord record = record_of(caller, fmri);
    const bool last = given || tries >= kMaxSeconds;
    if (is_taken(repository_, fmri, caller.owner.area)) {
      if (last) throw_taken(fmri);
      continue;
    }
    try {
      // Until the transaction exists and keeps payloads by itself.
      const store::PayloadUse use(repository_.root());
      transactions_.create(record);
      note(caller, "open", fmri);
      return record;
    } catch (const Error& error) {
      if (error.code() != Code::kExists || last) throw;
    }
  }
}

TransactionRecord Publication::append(const Caller& caller, const ips::Fmri& fmri) {
  if (fmri.version->timestamp().empty()) {
    throw Error(Code::kInvalid,
                fmt::format("The specified FMRI, '{}', has an invalid version.", fmri.text()));
  }
  const auto published = published_manifest(repository_, fmri, caller.owner.area);
  if (!published) {
    throw Error(
        Code::kNotFound,
        fmt::format("Need an existing instance of {} to exist to append to it", fmri.text()));
  }
  TransactionRecord record = record_of(caller, fmri);
  record.append = true;
  record.base = to_hex(published->digest);
  std::string text = published->text;
  if (!text.empty() && text.back() != '\n') text.push_back('\n');
  const store::PayloadUse use(repository_.root());
  transactions_.create(record, text);
  note(caller, "append", fmri);
  return record;
}

Transaction Publication::close(const Caller& caller, std::string_view id, When when) {
  Transaction transaction = transactions_.open(caller.owner, id);
  const TransactionRecord& record = transaction.record();
  std::string manifest = transaction.manifest();
  const auto problems = ips::check_manifest(manifest);
  if (!problems.empty()) {
    throw Error(Code::kInvalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  ClosedPackage package = ClosedPackage::of(record.fmri, std::move(manifest));
  take_payloads(transaction, package);
  if (record.append) package.replaces = sha256_from_hex(record.base);
  package.who = record.owner.who;
  package.area = record.owner.area;
  package.address = caller.address;
  package.immediate = when == When::kImmediate;
  queue_.publish(package);
  transaction.note_closed();
  return transaction;
}

ips::Fmri Publication::abandon(const Caller& caller, std::string_view id) {
  Transaction transaction = transactions_.open(caller.owner, id);
  ips::Fmri fmri = transaction.record().fmri;
  transaction.remove();
  note(caller, "abandon", fmri);
  return fmri;
}

void Publication::note(const Caller& caller, std::string_view event, const ips::Fmri& fmri) {
  audit_.note({caller.owner.who, caller.address, std::string(event), fmri.text(), "ok"});
}

// Moves the uploads into the payload store, after all that the manifest says of them was checked.
void Publication::take_payloads(const Transaction& transaction, const ClosedPackage& package) {
  const auto uploads = transaction.payloads();
  check_payloads(repository_.payloads(), uploads, package.manifest);
  for (const auto& [name, upload] : uploads) {
    if (upload.kept) repository_.payloads().adopt(transaction.payload_path(name), name);
    // Also what no action names: pkgsign sends certificates that are found by their hash only.
    repository_.payloads().assign(name, package.fmri.publisher);
  }
  for (const std::string& name : package.payloads) {
    if (!uploads.contains(name)) repository_.payloads().assign(name, package.fmri.publisher);
  }
}

}  // namespace metaset::depot
