#include "group/incoming_records.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/metaset_transfer.h"

namespace metaset::group {

void throw_stopped() { throw Error(Code::kUnavailable, "it was stopped"); }

IncomingRecords::IncomingRecords(ReplicaSources& sources, const ReplicateOptions& options,
                                 const std::string& directory, store::MetasetNumber latest,
                                 const Sha256& digest)
    : sources_(sources),
      options_(options),
      latest_(latest),
      latest_digest_(digest),
      spool_(directory) {}

void IncomingRecords::fetch(const ProgressCallback& callback) {
  choose_target();
  // Before anything large is fetched from somebody whom nobody vouches for.
  if (target_ == offer_.last) require_trusted();
  store::CollectedMetasets collected;
  for (const auto& [first, last] : offer_.collected.ranges()) {
    if (first < target_) collected.add(first, std::min(last, target_ - 1));
  }
  packages_.set_collected(collected);
  ProgressPhase phase(callback, "metasets", target_ - std::min(target_, latest_));
  Sha256 parent = latest_digest_;
  for (store::MetasetNumber number = first(); number <= target_; ++number) {
    if (options_.http.stop.stop_requested()) throw_stopped();
    fetch_record(number, parent);
    phase.step();
  }
  if (latest_ < target_) target_digest_ = parent;
  keep_statements();
  require_trusted();
}

void IncomingRecords::choose_target() {
  std::string behind;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (options_.http.stop.stop_requested()) throw_stopped();
    const depot::TransferOffer* const offer = sources_.offer(i);
    if (offer == nullptr) continue;
    const store::MetasetNumber target = options_.target.value_or(offer->last);
    if (offer->last < target) {
      behind += fmt::format("; {} gives those up to {}", sources_.name(i), offer->last);
      continue;
    }
    if (offer->collected.has(target)) {
      behind +=
          fmt::format("; {} has collected it, so that it can be seen no more", sources_.name(i));
      continue;
    }
    source_ = i;
    offer_ = *offer;
    target_ = target;
    if (target == offer->last) target_digest_ = offer->digest;
    if (target == latest_) target_digest_ = latest_digest_;
    return;
  }
  throw sources_.failure(options_.target
                             ? fmt::format("no source gives metaset {}{}", *options_.target, behind)
                             : "no source gives metasets" + behind,
                         Code::kNotFound);
}

// The row checks come when it is applied; that it is the next one is known here.
void IncomingRecords::fetch_record(store::MetasetNumber number, Sha256& parent) {
  std::string problems;
  Code code = Code::kNotFound;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const std::size_t index = (source_ + i) % sources_.size();
    const depot::TransferOffer* const offer = sources_.offer(index);
    if (offer == nullptr || offer->last < number) continue;
    try {
      const std::string record = sources_.record(index, number);
      const store::MetasetRecord announced = store::check_transfer(record);
      if (announced.number != number || !store::is_next_in_chain(announced, parent)) {
        throw Error(Code::kCorrupt, "it does not follow from the metaset before it");
      }
      store::check_transfer(record, [&](auto publisher, const auto& operation, const auto* row) {
        packages_.operation(publisher, operation, row);
      });
      spool_.add(record);
      from_.push_back(index);
      parent = announced.digest;
      digests_[number] = announced.digest;
      return;
    } catch (const Error& error) {
      if (error.code() == Code::kNoSpace || error.code() == Code::kIo) throw;
      code = error.code();
      problems += fmt::format("; {}: {}", sources_.name(index), error.message());
    }
  }
  throw sources_.failure(
      fmt::format("no source gives metaset {} as it should be{}", number, problems), code);
}

// Those about other metasets than there are would be believed by nobody.
void IncomingRecords::keep_statements() {
  std::erase_if(offer_.statements, [&](const store::Statement& statement) {
    if (statement.number == latest_) return statement.digest != latest_digest_;
    const auto known = digests_.find(statement.number);
    return known == digests_.end() || known->second != statement.digest;
  });
}

void IncomingRecords::require_trusted() const {
  if (depot::is_trusted(offer_.statements, options_.trusted, target_, target_digest_)) return;
  throw Error(Code::kDenied,
              fmt::format("no trusted key has signed metaset {}; sign it where it comes from: "
                          "metaset sign -k KEY {}",
                          target_, target_));
}

std::map<std::string, depot::TransferredPackages::Manifest> IncomingRecords::needed_manifests() {
  auto manifests = packages_.manifests();
  std::erase_if(manifests, [](const auto& one) { return !one.second.needed; });
  return manifests;
}

}  // namespace metaset::group
