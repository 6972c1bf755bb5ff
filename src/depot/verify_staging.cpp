// Verification: what staging areas refer to is there.
#include <fmt/format.h>

#include "metaset/ips/manifest.h"
#include "metaset/store/staging.h"

#include "depot/verify_context.h"

namespace metaset::depot {

const lmdb::Env* staging_of(VerifyContext& context) {
  try {
    return &context.repository.staging();
  } catch (const std::exception&) {
    return nullptr;
  }
}

namespace {

std::string fmri_of(const store::ChangeRecord& change) {
  return "pkg://" + change.publisher + "/" + change.name + "@" + change.version;
}

std::string text_of(const lmdb::Env& env, const lmdb::Txn& txn, const store::ChangeRecord& change) {
  const auto value = txn.get(env.table(store::kStagedManifests), bytes_of(change.manifest));
  if (!value) throw Error(Code::kCorrupt, "its manifest is missing");
  const store::StoredManifest stored = store::decode_manifest(*value);
  if (stored.size > ips::kMaxManifestText) throw Error(Code::kCorrupt, "damaged manifest");
  std::string text = stored.text();
  if (sha256_of(text) != change.manifest) {
    throw Error(Code::kCorrupt, "its manifest has the SHA-256 " + to_hex(sha256_of(text)) +
                                    ", not " + to_hex(change.manifest));
  }
  return text;
}

struct VerifiedArea {
  std::string name;
  std::uint64_t expected = 0, found = 0;  // changes
};
using VerifiedAreas = std::map<std::string, VerifiedArea, std::less<>>;  // by id

VerifiedAreas read_areas(VerifyContext& context, const lmdb::Env& env, const lmdb::Txn& txn) {
  VerifiedAreas areas;
  lmdb::Cursor cursor(txn, env.table(store::kAreas));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const std::string name(cursor.key());
    context.guard(DamageKind::kStaging, "staging area " + name, [&] {
      const auto record = store::AreaRecord::decode(cursor.value());
      areas[std::string(bytes_of(record.id))] = {name, record.changes, 0};
    });
  }
  return areas;
}

void check_change(VerifyContext& context, const lmdb::Env& env, const lmdb::Txn& txn,
                  VerifiedAreas& areas, const lmdb::Cursor& row) {
  constexpr std::size_t kId = store::AreaId{}.size();
  const auto area = areas.find(row.key().substr(0, kId));
  const bool known = area != areas.end();
  const std::string in = known ? "staging area " + area->second.name : "a staging area";
  if (known) ++area->second.found;
  std::string what = "a change in " + in;
  try {
    const auto change = store::ChangeRecord::decode(row.value());
    what = fmri_of(change) + " in " + in;
    if (row.key().size() != kId + 8) throw Error(Code::kCorrupt, "damaged key");
    if (!known) throw Error(Code::kCorrupt, "the area has no record");
    ips::Version::parse(change.version);
    if (change.kind == store::ChangeKind::kRemove) return;
    const std::string text = text_of(env, txn, change);
    ips::summarize(text);
    context.claims.add(store::payload_claims(text), 0);  // the commit makes links that are missing
  } catch (const std::exception& error) {
    context.damage(DamageKind::kStaging, what, reason_of(error));
  }
}

}  // namespace

void verify_staging(VerifyContext& context) {
  const lmdb::Env* env = staging_of(context);
  if (env == nullptr) return;
  const lmdb::ReadTxn txn(*env);
  VerifiedAreas areas = read_areas(context, *env, txn);
  ProgressPhase phase(context.callback, "staging", txn.count(env->table(store::kChanges)));
  lmdb::Cursor cursor(txn, env->table(store::kChanges));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    ++context.report.staged_changes;
    check_change(context, *env, txn, areas, cursor);
    phase.step();
  }
  for (const auto& [id, area] : areas) {
    if (area.expected == area.found) continue;
    context.damage(
        DamageKind::kStaging, "staging area " + area.name,
        fmt::format("it has {} changes, and its record says {}", area.found, area.expected));
  }
}

void visit_staged_claims(VerifyContext& context, const ClaimVisitor& visit) {
  const lmdb::Env* env = staging_of(context);
  if (env == nullptr) return;
  const lmdb::ReadTxn txn(*env);
  lmdb::Cursor cursor(txn, env->table(store::kChanges));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    try {
      const auto change = store::ChangeRecord::decode(cursor.value());
      if (change.kind == store::ChangeKind::kRemove) continue;
      visit(fmri_of(change) + " (staged)", store::payload_claims(text_of(*env, txn, change)));
    } catch (const std::exception&) {
      // Named before.
    }
  }
}

}  // namespace metaset::depot
