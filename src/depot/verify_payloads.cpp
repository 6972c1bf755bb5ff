// Verification: every payload that a manifest refers to, each read once.
#include <algorithm>
#include <compare>
#include <optional>
#include <set>

#include "metaset/base/file.h"
#include "metaset/base/parallel.h"
#include "metaset/base/rate_limiter.h"
#include "metaset/store/layout.h"

#include "depot/claimed_payloads.h"
#include "depot/verify_context.h"
#include "depot/verify_round.h"

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
  explicit Payloads(VerifyContext& context)
      : context_(context), payloads_(context.claims.take()), limiter_(context.options.rate) {}

  void run() {
    if (context_.options.payloads) return check_only(*context_.options.payloads);
    std::size_t begin = 0;
    if (context_.state) {
      const std::string& next = context_.state->state.next;
      begin = next.empty() ? 0 : payloads_.position_of(next);
      round_.emplace(*context_.state, begin, payloads_.size(),
                     [this](std::size_t i) { return payloads_.name(i); });
    }
    ProgressPhase phase(context_.callback, "payloads", payloads_.size() - begin);
    const auto work = [&](std::size_t i) {
      // There is progress in each run, however short.
      if (i == 0 || !is_over()) check_one(begin + i, phase);
    };
    for_each_parallel(payloads_.size() - begin, thread_count(context_.options.threads), work);
    if (!round_ || round_->complete()) count_strays();
    if (round_) finish_round();
  }

  // Who needs what is damaged: only then the manifests are read a second time.
  void name_packages() {
    if (bad_.empty()) return;
    for (auto& [file, bad] : bad_) {
      const std::string of = file.publisher.empty() ? "" : " of " + file.publisher;
      bad.damage = context_.damage(DamageKind::kPayload, file.name + of, std::move(bad.reason));
      Damage& damage = context_.report.damage[bad.damage];
      damage.payload = file.name;
      damage.publisher = file.publisher;
      damage.publishers = publishers_of(payloads_.claims(payloads_.position_of(file.name)));
      damage.claims = payloads_.claims_of(file.name);
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
    drop_what_nobody_needs();
  }

 private:
  // What a collection has deleted since the manifests were read is not missed.
  void drop_what_nobody_needs() {
    auto& damage = context_.report.damage;
    for (auto place = bad_.rbegin(); place != bad_.rend(); ++place) {
      const std::size_t number = place->second.damage;
      if (place->second.found || damage[number].needed_by_count > 0) continue;
      damage.erase(damage.begin() + static_cast<std::ptrdiff_t>(number));
    }
  }

  using Claims = std::span<const ClaimedPayloads::Entry>;

  void check_only(const std::set<std::string>& names) {
    ProgressPhase phase(context_.callback, "payloads", names.size());
    for (const std::string& name : names) {
      payloads_.contains(name) ? check_one(payloads_.position_of(name), phase) : phase.step();
    }
  }
  bool is_over() const {
    const auto& until = context_.options.until;
    return round_ && until && std::chrono::steady_clock::now() >= *until;
  }
  void check_one(std::size_t number, ProgressPhase& phase) {
    const std::string name = payloads_.name(number);
    const std::uint64_t bytes = check(name, payloads_.claims(number));
    const std::lock_guard lock(mutex_);
    ++context_.report.payloads;
    context_.report.payload_bytes += bytes;
    phase.step(context_.options.payload_content ? bytes : 0);
    if (round_) round_->checked(number, is_bad(name));
  }
  bool is_bad(const std::string& name) const {
    const auto place = bad_.lower_bound({name, {}});
    return place != bad_.end() && place->first.name == name;
  }

  // What earlier runs found may have been mended since, or not.
  void finish_round() {
    if (round_->complete()) {
      const std::set<std::string> remembered = round_->remembered();
      ProgressPhase phase(context_.callback, "again", remembered.size());
      for (const std::string& name : remembered) {
        if (payloads_.contains(name)) {
          check_one(payloads_.position_of(name), phase);
        } else if (context_.report.damage.empty()) {  // else a damaged manifest may need it
          round_->checked_again(name, false);
        }
      }
    }
    context_.report.round = round_->finish();
  }

  std::set<std::string> publishers_of(Claims claims) const {
    std::set<std::string> publishers;
    for (const ClaimedPayloads::Entry& entry : claims) {
      const VerifiedPublisher* publisher = context_.publisher(entry.publisher);
      if (publisher != nullptr) publishers.insert(publisher->prefix);
    }
    return publishers;
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

  Found look(const PayloadFile& file) {
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
    if (found.has_content) {
      found.facts = store::PayloadStore::examine_file(path, file.name, &limiter_);
    }
    return found;
  }

  // The payload, then what publishers have of it. Gives the bytes that were looked at.
  std::uint64_t check(const std::string& name, Claims claims) {
    std::uint64_t bytes = check_file({name, {}}, claims);
    for (const std::string& publisher : publishers_of(claims)) {
      bytes += check_file({name, publisher}, claims);
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
  std::uint64_t check_file(const PayloadFile& file, Claims claims) {
    try {
      if (is_known(file)) return 0;
      Found found = look(file);
      for (const ClaimedPayloads::Entry& entry : claims) {
        std::string reason = found.mismatch(entry.claim);
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

  void count_strays() {
    const std::string top = store::payload_directory(context_.repository.root());
    for (const std::string& sub : list_directory(top)) {
      const std::string directory = join_path(top, sub);
      if (!file_info(directory).value_or(FileInfo{}).is_directory) continue;
      for (const std::string& name : list_directory(directory)) {
        if (store::is_payload_name(name) && payloads_.contains(name)) continue;
        const auto info = file_info(join_path(directory, name));
        if (!info || !info->is_regular) continue;
        ++context_.report.stray_payloads;
        context_.report.stray_bytes += info->size;
      }
    }
  }

  VerifyContext& context_;
  const ClaimedPayloads payloads_;
  RateLimiter limiter_;
  std::optional<RoundRun> round_;
  std::mutex mutex_;  // guards the report, round_ and bad_ while threads run
  std::map<PayloadFile, BadPayload> bad_;
};

}  // namespace

void verify_payloads(VerifyContext& context) {
  if (context.options.payloads && context.options.payloads->empty()) return;
  // A snapshot that is kept for hours makes the database grow.
  context.txn.reset();
  Payloads payloads(context);
  payloads.run();
  context.repository.follow();
  context.txn.renew();
  payloads.name_packages();
}

}  // namespace metaset::depot
