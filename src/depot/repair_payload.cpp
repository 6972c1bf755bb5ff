#include "depot/repair_payload.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/payload_candidate.h"
#include "metaset/store/layout.h"
#include "metaset/store/payload_lock.h"

namespace metaset::depot {

namespace {

// The repository itself: a link may have outlived its payload, and a payload of the right content
// only needs to be compressed again.
class OwnSource : public store::ContentSource {
 public:
  explicit OwnSource(store::Repository& repository) : repository_(repository) {}
  const std::string& name() const override { return name_; }
  bool manifest(const store::WantedManifest&, const store::ManifestTaker&) override {
    return false;
  }
  bool payload(const store::WantedPayload& wanted, store::PayloadTaker& taker) override {
    const store::PayloadStore& payloads = repository_.payloads();
    for (const std::string& publisher :
         list_directory(store::publishers_directory(repository_.root()))) {
      if (publisher.starts_with('.') || payloads.is_assigned(wanted.name, publisher)) continue;
      if (store::offer_payload_file(payloads.path(wanted.name, publisher), taker)) return true;
    }
    return store::offer_payload_file(payloads.path(wanted.name), taker);
  }

 private:
  store::Repository& repository_;
  const std::string name_ = "this repository";
};

class PayloadRepair {
 public:
  PayloadRepair(store::Repository& repository, const Damage& damage, std::uint64_t max_content)
      : repository_(repository),
        damage_(damage),
        candidate_(store::payload_directory(repository.root()), damage.payload, damage.claims,
                   max_content),
        is_there_(repository.payloads().has(damage.payload)),
        present_(present_mismatches()) {}

  Repair run(const Sources& sources) {
    Repair result{damage_, RepairOutcome::kLeft, {}};
    OwnSource own(repository_);
    bool found = ask(own);
    problems_.clear();  // what is here is known to be damaged
    for (auto source = sources.begin(); !found && source != sources.end(); ++source) {
      found = ask(**source);
    }
    auto& best = candidate_.best();
    if (!best || best->mismatches >= present_) {
      result.how = sources.empty() ? "no source was given (--from)" : problems_;
      return result;
    }
    if (const std::string refused = put_in_place(*best); !refused.empty()) {
      result.how = refused;
      return result;
    }
    result.how = (best->made_again ? "compressed again, from " : "from ") + from_;
    result.outcome = best->mismatches == 0 ? RepairOutcome::kRepaired : RepairOutcome::kPartly;
    if (best->mismatches > 0) {
      result.how += "; the content is right, but " + best->difference + "; " + problems_;
    }
    return result;
  }

 private:
  // True if nothing better is needed.
  bool ask(store::ContentSource& source) {
    const std::size_t before = best_mismatches();
    candidate_.forget_refusal();
    std::string problem = "does not have it";
    bool found = false;
    try {
      found = source.payload({damage_.payload, damage_.publishers}, candidate_);
      if (!candidate_.refusal().empty()) problem = candidate_.refusal();
    } catch (const Error& error) {
      problem = error.message();
    }
    if (best_mismatches() < before) from_ = source.name();
    if (!found) {
      problems_ += (problems_.empty() ? "" : "; ") + source.name() + ": " + problem;
    }
    return found;
  }
  std::size_t best_mismatches() {
    const auto& best = candidate_.best();
    return best ? best->mismatches : damage_.claims.size() + 1;
  }

  // Of what is there; if that is nothing, or has other content, all and one more.
  std::size_t present_mismatches() const {
    try {
      const store::PayloadStore& payloads = repository_.payloads();
      if (is_there_) return mismatches(damage_.claims, payloads.examine(damage_.payload));
    } catch (const Error&) {
    }
    return damage_.claims.size() + 1;
  }

  // Says why it cannot be done now; empty: it is done.
  std::string put_in_place(PayloadCandidate::Best& best) {
    const std::string path = repository_.payloads().path(damage_.payload);
    sync_path(best.file->temporary_path());
    if (present_ > damage_.claims.size()) {
      const store::PayloadUse use(repository_.root());
      // Where there is nothing a publisher may put its own at any moment, and that stays.
      if (!is_there_) {
        const auto done =
            repository_.payloads().adopt(best.file->temporary_path(), damage_.payload);
        if (done == store::Adoption::kPresent)
          return "somebody has just put one there: run it again";
      } else {
        best.file->keep_as(path);
      }
      link_again();
      return {};
    }
    // The content is right, and a publication under way may be about to claim that very file.
    const auto collection = store::PayloadCollection::begin(repository_.root());
    const std::string open = join_path(store::staging_directory(repository_.root()), "open");
    if (!collection || !list_directory(open).empty()) {
      return "something is being published that may refer to it as it is; try again later";
    }
    best.file->keep_as(path);
    link_again();
    return {};
  }
  // Links are links to the file that was there before.
  void link_again() {
    store::PayloadStore& payloads = repository_.payloads();
    std::set<std::string> publishers = damage_.publishers;
    for (const std::string& name :
         list_directory(store::publishers_directory(repository_.root()))) {
      if (name.starts_with('.')) continue;
      if (file_info(payloads.path(damage_.payload, name))) publishers.insert(name);
    }
    for (const std::string& publisher : publishers) payloads.assign(damage_.payload, publisher);
  }

  store::Repository& repository_;
  const Damage& damage_;
  PayloadCandidate candidate_;
  const bool is_there_;
  const std::size_t present_;  // mismatches
  std::string from_, problems_;
};

Repair repair_link(store::Repository& repository, const Damage& damage) {
  const store::PayloadUse use(repository.root());
  const auto done = repository.payloads().assign(damage.payload, damage.publisher);
  if (done == store::Assignment::kNoPayload) {
    return {damage, RepairOutcome::kLeft, "its payload is missing"};
  }
  return {damage, RepairOutcome::kRepaired,
          done == store::Assignment::kMade ? "linked again" : "with its payload"};
}

}  // namespace

Repair repair_payload(store::Repository& repository, const Sources& sources,
                      const RepairOptions& options, const Damage& damage) {
  if (options.dry_run) return {damage, RepairOutcome::kRepairable, {}};
  if (!damage.publisher.empty()) return repair_link(repository, damage);
  return PayloadRepair(repository, damage, options.max_payload).run(sources);
}

}  // namespace metaset::depot
