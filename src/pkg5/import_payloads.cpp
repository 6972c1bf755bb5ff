// Import, step 3: payloads are checked against their names and the manifests, then taken.
#include <algorithm>
#include <set>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/parallel.h"

#include "pkg5/importer.h"

namespace metaset::pkg5 {

struct Importer::CheckedPayload {
  std::string name;
  std::uint64_t bytes = 0;  // taken
  std::optional<store::Adoption> adoption;
  bool missing = false;
  std::string damage, package;
};

// A payload that is here already was verified before it was taken over. What can still be wrong is
// that a power failure came before it was synced, which shows in its size.
bool Importer::keep_present(const std::string& name, CheckedPayload& payload) const {
  store::PayloadStore& payloads = destination_.payloads();
  if (!payloads.has(name)) return false;
  const auto here = file_info(payloads.path(name));
  const bool same = source_.find_payload("", name, [&](const std::string& path) {
    const auto there = file_info(path);
    return here && there && here->size == there->size;
  });
  if (!same) {
    try {
      payloads.examine(name);
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt) throw;
      remove_file(payloads.path(name));
      return false;
    }
  }
  payload.adoption = store::Adoption::kPresent;
  return true;
}

Importer::CheckedPayload Importer::take_payload(const PayloadJob& payload_job) const {
  CheckedPayload payload;
  payload.name = claims_[payload_job.first].claim.hex_name();
  const Job& first = jobs_[claims_[payload_job.first].package];
  payload.package = first.fmri();
  // Calls mismatch(claim) for all claims; the first that says something is the damage.
  const auto check_claims = [&](const auto& mismatch) {
    for (std::size_t i = payload_job.first; i < payload_job.end && payload.damage.empty(); ++i) {
      payload.damage = mismatch(claims_[i].claim);
      if (!payload.damage.empty()) payload.package = jobs_[claims_[i].package].fmri();
    }
  };
  if (keep_present(payload.name, payload)) {
    const std::uint64_t csize = destination_.payloads().csize(payload.name).value_or(0);
    check_claims([&](const store::PayloadClaim& claim) { return claim.size_mismatch(csize); });
    return payload;
  }
  std::string damage;
  const bool found =
      source_.find_payload(first.catalog->publisher, payload.name, [&](const std::string& path) {
        store::PayloadFacts facts;
        try {
          facts = store::PayloadStore::examine_file(path, payload.name);
        } catch (const Error& error) {
          if (error.code() != Code::kCorrupt && error.code() != Code::kNotFound) throw;
          damage = error.message();
          return false;  // another store may have a better one
        }
        check_claims([&](const store::PayloadClaim& claim) { return claim.mismatch(facts); });
        if (!payload.damage.empty() && !options_.allow_damaged_payloads) return true;
        payload.adoption = destination_.payloads().adopt(path, payload.name);
        payload.bytes = facts.csize;
        return true;
      });
  if (!found) {
    payload.damage = damage;
    payload.missing = damage.empty();
  }
  return payload;
}

// Also if it was present: an import that was interrupted may have left it so.
void Importer::assign_payload(const PayloadJob& payload_job) const {
  std::set<std::uint32_t> publishers;
  for (std::size_t i = payload_job.first; i < payload_job.end; ++i) {
    publishers.insert(claims_[i].publisher);
  }
  const std::string name = claims_[payload_job.first].claim.hex_name();
  for (const std::uint32_t publisher : publishers) {
    destination_.payloads().assign(name, catalogs_[publisher].publisher);
  }
}

void Importer::take_payloads() {
  std::vector<PayloadJob> payload_jobs;
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    const bool same_name = i > 0 && claims_[i].claim.name == claims_[i - 1].claim.name &&
                           claims_[i].claim.short_name == claims_[i - 1].claim.short_name;
    if (same_name) {
      payload_jobs.back().end = i + 1;
    } else {
      payload_jobs.push_back({i, i + 1});
    }
  }
  result_.payloads = payload_jobs.size();
  ProgressPhase progress(callback_, "payloads", payload_jobs.size());
  const auto take = [&](CheckedPayload&& payload) {
    if (payload.adoption) {
      switch (*payload.adoption) {
        case store::Adoption::kPresent:
          ++result_.present;
          break;
        case store::Adoption::kLinked:
          ++result_.linked;
          break;
        case store::Adoption::kReflinked:
          ++result_.reflinked;
          break;
        case store::Adoption::kCopied:
          ++result_.copied;
          break;
      }
    }
    result_.payload_bytes += payload.bytes;
    if (payload.missing) result_.missing.push_back({payload.name, payload.package, ""});
    if (!payload.damage.empty()) {
      result_.damaged.push_back({payload.name, payload.package, payload.damage});
    }
    progress.step(payload.bytes);
  };
  run_parallel(
      payload_jobs.size(), thread_count(options_.threads),
      [&](std::size_t index) {
        CheckedPayload payload = take_payload(payload_jobs[index]);
        if (payload.adoption) assign_payload(payload_jobs[index]);
        return payload;
      },
      take);
  const auto by_name = [](const BadPayload& a, const BadPayload& b) { return a.name < b.name; };
  std::sort(result_.missing.begin(), result_.missing.end(), by_name);
  std::sort(result_.damaged.begin(), result_.damaged.end(), by_name);
  require_payloads();
  destination_.payloads().sync();
  claims_ = {};
}

void Importer::require_payloads() const {
  std::string message;
  const bool missing = !result_.missing.empty() && !options_.allow_missing_payloads;
  const bool damaged = !result_.damaged.empty() && !options_.allow_damaged_payloads;
  if (damaged) append_bad_payloads(result_.damaged, "damaged", message);
  if (missing) append_bad_payloads(result_.missing, "missing", message);
  if (missing || damaged) throw Error(damaged ? Code::kCorrupt : Code::kNotFound, message);
}

}  // namespace metaset::pkg5
