#include "group/incoming_content.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/parallel.h"
#include "metaset/ips/fmri.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/payload_claims.h"

namespace metaset::group {

namespace {

// Most of the time of a connection is waiting, so there are more than cores.
constexpr unsigned kConnections = 8;
constexpr std::size_t kMostFailures = 100;  // then there is no point in going on
constexpr std::size_t kShownFailures = 10;

store::WantedManifest wanted_manifest(const std::string& package, const Sha256& digest) {
  const ips::Fmri fmri = ips::Fmri::parse(package);
  return {fmri.publisher, fmri.name, fmri.version ? fmri.version->text() : std::string(), digest,
          0};
}

}  // namespace

struct IncomingContent::TakenManifest {
  std::size_t index = 0;
  std::vector<store::PayloadClaim> claims;
  Sha256 digest{};
  std::string value;  // to be stored; empty: it is here
  std::optional<Error> error;
};

struct IncomingContent::TakenPayload {
  std::string name, package;
  std::optional<ContentFetcher::Taken> taken;  // nullopt: it was here
  std::optional<Error> error;
};

IncomingContent::IncomingContent(store::Repository& repository, depot::IncomingMetasets& incoming,
                                 ReplicaSources& sources, const ReplicateOptions& options,
                                 const ProgressCallback& callback, ReplicateResult& result)
    : repository_(repository),
      incoming_(incoming),
      fetcher_(repository, sources, options.max_payload),
      options_(options),
      threads_(options.threads == 0 ? kConnections : options.threads),
      callback_(callback),
      result_(result) {}

void IncomingContent::check_stop() const {
  if (options_.http.stop.stop_requested()) throw_stopped();
}

void IncomingContent::take(IncomingRecords& records) {
  for (auto& [digest, manifest] : records.needed_manifests()) {
    manifests_.push_back({digest, std::move(manifest)});
  }
  take_manifests();
  take_payloads();
}

void IncomingContent::fail(const Error& error) {
  if (error.code() == Code::kUnavailable) code_ = Code::kUnavailable;
  failures_.push_back(error.message());
  if (failures_.size() == kMostFailures) require_all("and more");
}

void IncomingContent::require_all(std::string_view what) const {
  if (failures_.empty()) return;
  std::string text = fmt::format("{} things of {} could not be had:", failures_.size(), what);
  if (what == "and more") text = fmt::format("{} things and more could not be had:", kMostFailures);
  for (std::size_t i = 0; i < std::min(failures_.size(), kShownFailures); ++i) {
    text += "\n  " + failures_[i];
  }
  if (failures_.size() > kShownFailures) text += "\n  ...";
  throw Error(code_, text);
}

IncomingContent::TakenManifest IncomingContent::take_manifest(const Manifest& manifest) {
  check_stop();
  TakenManifest taken;
  taken.index = static_cast<std::size_t>(&manifest - manifests_.data());
  taken.digest = sha256_from_hex(manifest.digest).value_or(Sha256{});
  std::optional<std::string> text;
  {
    const lmdb::Env& env = std::as_const(repository_).committed();
    const lmdb::ReadTxn txn(env);
    const auto value = txn.get(env.table(store::kManifests), bytes_of(taken.digest));
    if (value) text = store::decode_manifest(*value).text();
  }
  try {
    if (!text) {
      text = fetcher_.manifest(wanted_manifest(manifest.of.package, taken.digest));
      taken.value = store::encode_manifest(*text);
    }
    taken.claims = store::payload_claims(*text);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound && error.code() != Code::kUnavailable) throw;
    taken.error = error;
  }
  return taken;
}

void IncomingContent::take_manifests() {
  ProgressPhase phase(callback_, "manifests", manifests_.size());
  run_parallel(
      manifests_.size(), threads_,
      [&](std::size_t index) { return take_manifest(manifests_[index]); },
      [&](TakenManifest&& taken) {
        if (taken.error) return fail(*taken.error);
        for (const std::string& publisher : manifests_[taken.index].of.publishers) {
          claim_set_.add(taken.claims, static_cast<std::uint32_t>(taken.index),
                         number_of(publisher));
        }
        phase.step(taken.value.size());
        if (!taken.value.empty()) {
          incoming_.add_encoded_manifest(taken.digest, std::move(taken.value));
        }
      });
  incoming_.flush_manifests();
  result_.manifests = incoming_.manifests_added();
  require_all("the manifests");
}

std::uint32_t IncomingContent::number_of(const std::string& publisher) {
  const auto place = std::ranges::find(publishers_, publisher);
  const auto number = static_cast<std::uint32_t>(place - publishers_.begin());
  if (place == publishers_.end()) publishers_.push_back(publisher);
  return number;
}

IncomingContent::TakenPayload IncomingContent::take_payload(const Payload& payload) {
  check_stop();
  TakenPayload result;
  const auto& first = claims_[payload.first];
  result.name = first.claim.hex_name();
  result.package = manifests_[first.package].of.package;
  std::vector<store::PayloadClaim> claims;
  std::set<std::string> publishers;
  std::uint64_t csize = store::kNotClaimed;
  for (std::size_t i = payload.first; i < payload.end; ++i) {
    claims.push_back(claims_[i].claim);
    publishers.insert(publishers_[claims_[i].publisher]);
    if (csize == store::kNotClaimed) csize = claims_[i].claim.csize;
  }
  try {
    if (!incoming_.has_payload(result.name, csize)) {
      result.taken = fetcher_.payload({result.name, publishers}, claims);
    }
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound && error.code() != Code::kUnavailable) throw;
    result.error = Error(error.code(), fmt::format("{} ({})", error.message(), result.package));
    return result;
  }
  for (const std::string& publisher : publishers) {
    repository_.payloads().assign(result.name, publisher);
  }
  return result;
}

void IncomingContent::take_payloads() {
  claims_ = claim_set_.take();
  std::vector<Payload> payloads;
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    const bool same_name = i > 0 && claims_[i].claim.name == claims_[i - 1].claim.name &&
                           claims_[i].claim.short_name == claims_[i - 1].claim.short_name;
    if (same_name) {
      payloads.back().end = i + 1;
    } else {
      payloads.push_back({i, i + 1});
    }
  }
  ProgressPhase phase(callback_, "payloads", payloads.size());
  run_parallel(
      payloads.size(), threads_, [&](std::size_t index) { return take_payload(payloads[index]); },
      [&](TakenPayload&& payload) {
        if (payload.error) return fail(*payload.error);
        phase.step(payload.taken ? payload.taken->bytes : 0);
        if (!payload.taken) return;
        ++result_.payloads;
        result_.payload_bytes += payload.taken->bytes;
        result_.linked += payload.taken->linked ? 1 : 0;
        if (payload.taken->difference.empty()) return;
        result_.differing.push_back(
            fmt::format("{} of {}: {}", payload.name, payload.package, payload.taken->difference));
      });
  require_all("the payloads");
  if (!payloads.empty()) incoming_.sync_payloads();
}

}  // namespace metaset::group
