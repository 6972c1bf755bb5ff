// Verification: every payload that a manifest refers to, each read once.
#include <algorithm>
#include <optional>

#include "metaset/base/file.h"
#include "metaset/base/parallel.h"
#include "metaset/store/layout.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

// The gzip file as found; claims that contradict it are told by mismatch().
struct Found {
  store::PayloadFacts facts;
  bool has_content = false;
  std::string mismatch(const store::PayloadClaim& claim) const {
    return has_content ? claim.mismatch(facts) : claim.size_mismatch(facts.csize);
  }
};

struct BadPayload {
  std::string reason;
  std::optional<Found> found;  // if only some claims are wrong
  std::size_t damage = 0;      // its number
};

class Payloads {
 public:
  explicit Payloads(VerifyContext& context) : context_(context), claims_(context.claims.take()) {
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      if (i == 0 || !same_name(i, i - 1)) first_.push_back(i);
    }
  }

  void run() {
    VerifyPhase phase(context_, "payloads", first_.size());
    context_.report.payloads = first_.size();
    for_each_parallel(first_.size(), thread_count(context_.options.threads), [&](std::size_t i) {
      const std::uint64_t bytes =
          check(first_[i], i + 1 < first_.size() ? first_[i + 1] : claims_.size());
      const std::lock_guard lock(mutex_);
      context_.report.payload_bytes += bytes;
      phase.step(context_.options.payload_content ? bytes : 0);
    });
    count_strays();
  }

  // Who needs what is damaged: only then the manifests are read a second time.
  void name_packages() {
    if (bad_.empty()) return;
    for (auto& [name, bad] : bad_) {
      bad.damage = context_.damage(DamageKind::kPayload, name, std::move(bad.reason));
    }
    const ClaimVisitor visit = [&](const std::string& fmri,
                                   const std::vector<store::PayloadClaim>& claims) {
      for (const store::PayloadClaim& claim : claims) {
        const auto bad = bad_.find(claim.hex_name());
        if (bad == bad_.end()) continue;
        const auto& found = bad->second.found;
        if (!found || !found->mismatch(claim).empty()) context_.needed_by(bad->second.damage, fmri);
      }
    };
    visit_committed_claims(context_, visit);
    visit_staged_claims(context_, visit);
  }

 private:
  bool same_name(std::size_t a, std::size_t b) const {
    return claims_[a].claim.name == claims_[b].claim.name &&
           claims_[a].claim.short_name == claims_[b].claim.short_name;
  }

  Found look(const std::string& name) const {
    const store::PayloadStore& payloads = context_.repository.payloads();
    const auto csize = payloads.csize(name);
    if (!csize) throw Error(Code::kNotFound, "the file is missing");
    Found found;
    found.facts.csize = *csize;
    found.has_content = context_.options.payload_content;
    if (found.has_content) found.facts = payloads.examine(name);
    return found;
  }

  // Gives the size of the file, 0 if it cannot be told.
  std::uint64_t check(std::size_t begin, std::size_t end) {
    const std::string name = claims_[begin].claim.hex_name();
    try {
      Found found = look(name);
      for (std::size_t i = begin; i < end; ++i) {
        std::string reason = found.mismatch(claims_[i].claim);
        if (reason.empty()) continue;
        bad(name, std::move(reason), found);
        break;
      }
      return found.facts.csize;
    } catch (const std::exception& error) {
      bad(name, reason_of(error), std::nullopt);
      return 0;
    }
  }
  void bad(const std::string& name, std::string reason, std::optional<Found> found) {
    const std::lock_guard lock(mutex_);
    bad_[name] = {std::move(reason), std::move(found)};
  }

  bool is_wanted(const std::string& name) const {
    const auto place = std::lower_bound(first_.begin(), first_.end(), name,
                                        [&](std::size_t i, const std::string& wanted) {
                                          return order_of(claims_[i].claim) < order_of(wanted);
                                        });
    return place != first_.end() && claims_[*place].claim.hex_name() == name;
  }
  // Claims are sorted by the raw name with zeros behind, the longer ones first.
  static std::pair<std::string, bool> order_of(const store::PayloadClaim& claim) {
    return {std::string(bytes_of(claim.name)), claim.short_name};
  }
  static std::pair<std::string, bool> order_of(const std::string& name) {
    std::string raw = from_hex(name).value();
    const bool is_short = raw.size() == Sha1{}.size();
    raw.resize(Sha256{}.size());
    return {raw, is_short};
  }

  void count_strays() {
    const std::string top = store::payload_directory(context_.repository.root());
    for (const std::string& sub : list_directory(top)) {
      const std::string directory = join_path(top, sub);
      if (!file_info(directory).value_or(FileInfo{}).is_directory) continue;
      for (const std::string& name : list_directory(directory)) {
        if (store::is_payload_name(name) && is_wanted(name)) continue;
        const auto info = file_info(join_path(directory, name));
        if (!info || !info->is_regular) continue;
        ++context_.report.stray_payloads;
        context_.report.stray_bytes += info->size;
      }
    }
  }

  VerifyContext& context_;
  const std::vector<store::ClaimSet::Entry> claims_;
  std::vector<std::size_t> first_;  // of the claims of each payload
  std::mutex mutex_;                // guards the report and bad_ while threads run
  std::map<std::string, BadPayload> bad_;
};

}  // namespace

void verify_payloads(VerifyContext& context) {
  // A snapshot that is kept for hours makes the database grow.
  context.txn.reset();
  Payloads payloads(context);
  payloads.run();
  context.txn.renew();
  payloads.name_packages();
}

}  // namespace metaset::depot
