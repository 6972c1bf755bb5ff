// Verification: every payload that a manifest refers to, each read once.
#include <algorithm>
#include <compare>
#include <optional>
#include <set>

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

struct PayloadFile {
  std::string name, publisher;  // without publisher: the payload itself
  auto operator<=>(const PayloadFile&) const = default;
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
    for (auto& [file, bad] : bad_) {
      const std::string of = file.publisher.empty() ? "" : " of " + file.publisher;
      bad.damage = context_.damage(DamageKind::kPayload, file.name + of, std::move(bad.reason));
    }
    const ClaimVisitor visit = [&](const std::string& fmri,
                                   const std::vector<store::PayloadClaim>& claims) {
      for (const store::PayloadClaim& claim : claims) {
        needed_by(fmri, claim, {});
        needed_by(fmri, claim, publisher_of(fmri));
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

  // FMRIs here are "pkg://PUBLISHER/...".
  static std::string publisher_of(std::string_view fmri) {
    fmri.remove_prefix(std::min<std::size_t>(fmri.size(), 6));
    return std::string(fmri.substr(0, fmri.find('/')));
  }
  void needed_by(const std::string& fmri, const store::PayloadClaim& claim,
                 const std::string& publisher) {
    const auto bad = bad_.find({claim.hex_name(), publisher});
    if (bad == bad_.end()) return;
    const auto& found = bad->second.found;
    if (!found || !found->mismatch(claim).empty()) context_.needed_by(bad->second.damage, fmri);
  }

  Found look(const PayloadFile& file) const {
    const std::string path = context_.repository.payloads().path(file.name, file.publisher);
    const auto info = file_info(path);
    if (!info || !info->is_regular) {
      throw Error(Code::kNotFound, file.publisher.empty()
                                       ? "the file is missing"
                                       : "the publisher has no link to it: " + path);
    }
    Found found;
    found.facts.csize = info->size;
    found.has_content = context_.options.payload_content;
    if (found.has_content) found.facts = store::PayloadStore::examine_file(path, file.name);
    return found;
  }

  // The payload, then what publishers have of it. Gives the bytes that were looked at.
  std::uint64_t check(std::size_t begin, std::size_t end) {
    const std::string name = claims_[begin].claim.hex_name();
    std::set<std::string> publishers{""};
    for (std::size_t i = begin; i < end; ++i) {
      const VerifiedPublisher* publisher = context_.publisher(claims_[i].publisher);
      if (publisher != nullptr) publishers.insert(publisher->prefix);
    }
    std::uint64_t bytes = 0;
    for (const std::string& publisher : publishers) {
      bytes += check_file({name, publisher}, begin, end);
    }
    return bytes;
  }
  // A link to the payload was read with it, and a payload that is missing was named. What is left
  // is a link that is missing, and the file that takes its place in a copy of the repository.
  bool is_known(const PayloadFile& file) const {
    const store::PayloadStore& payloads = context_.repository.payloads();
    if (file.publisher.empty()) return false;
    return payloads.is_assigned(file.name, file.publisher) || !payloads.has(file.name);
  }
  // Gives the size of the file, 0 if it cannot be told.
  std::uint64_t check_file(const PayloadFile& file, std::size_t begin, std::size_t end) {
    try {
      if (is_known(file)) return 0;
      Found found = look(file);
      for (std::size_t i = begin; i < end; ++i) {
        std::string reason = found.mismatch(claims_[i].claim);
        if (reason.empty()) continue;
        bad(file, std::move(reason), found);
        break;
      }
      return found.facts.csize;
    } catch (const std::exception& error) {
      bad(file, reason_of(error), std::nullopt);
      return 0;
    }
  }
  void bad(const PayloadFile& file, std::string reason, std::optional<Found> found) {
    const std::lock_guard lock(mutex_);
    bad_[file] = {std::move(reason), std::move(found)};
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
  std::map<PayloadFile, BadPayload> bad_;
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
