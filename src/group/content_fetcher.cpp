#include "group/content_fetcher.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

namespace metaset::group {

namespace {

// Of this machine, whatever a source does.
bool is_our_own(const Error& error) {
  return error.code() == Code::kNoSpace || error.code() == Code::kIo ||
         error.code() == Code::kInternal || error.code() == Code::kUsage;
}

}  // namespace

// The connections of one thread while it is in a call.
class ContentFetcher::Lease {
 public:
  explicit Lease(ContentFetcher& fetcher) : fetcher_(fetcher) {
    const std::lock_guard lock(fetcher_.mutex_);
    if (!fetcher_.idle_.empty()) {
      connections_ = std::move(fetcher_.idle_.back());
      fetcher_.idle_.pop_back();
    }
    connections_.resize(fetcher_.sources_.size());
  }
  ~Lease() {
    const std::lock_guard lock(fetcher_.mutex_);
    fetcher_.idle_.push_back(std::move(connections_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  // nullptr: it is not to be used.
  store::ContentSource* source(std::size_t index) {
    if (!connections_[index]) connections_[index] = fetcher_.sources_.content(index);
    return connections_[index].get();
  }

 private:
  ContentFetcher& fetcher_;
  Connections connections_;
};

// One source after the other, and what was wrong with each.
class ContentFetcher::Attempts {
 public:
  explicit Attempts(ContentFetcher& fetcher) : fetcher_(fetcher), lease_(fetcher) {}

  // Calls ask(source, problem) until it is true. `problem` is set by it.
  template <typename Ask>
  bool any(const Ask& ask) {
    for (std::size_t i = 0; i < fetcher_.sources_.size(); ++i) {
      std::string problem = "does not have it";
      try {
        store::ContentSource* const source = lease_.source(i);
        if (source == nullptr) continue;
        if (ask(*source, problem)) return true;
      } catch (const Error& error) {
        if (is_our_own(error)) throw;
        if (error.code() == Code::kUnavailable) code_ = Code::kUnavailable;
        problem = error.message();
      }
      text_ += fmt::format("; {}: {}", fetcher_.sources_.name(i), problem);
    }
    return false;
  }
  Error failure(const std::string& what) const { return {code_, what + text_}; }

 private:
  ContentFetcher& fetcher_;
  Lease lease_;
  std::string text_;
  Code code_ = Code::kNotFound;
};

std::string ContentFetcher::manifest(const store::WantedManifest& wanted) {
  std::string text;
  Attempts attempts(*this);
  const bool found = attempts.any([&](store::ContentSource& source, std::string& problem) {
    return source.manifest(wanted, [&](std::string&& offered) {
      const Sha256 digest = sha256_of(offered);
      if (digest != wanted.digest) {
        problem = "has one with the SHA-256 " + to_hex(digest);
        return false;
      }
      text = std::move(offered);
      return true;
    });
  });
  if (found) return text;
  throw attempts.failure(
      fmt::format("manifest of pkg://{}/{}@{}", wanted.publisher, wanted.name, wanted.version));
}

// Where a source is a directory of this machine its file can be taken, once it was read.
std::optional<ContentFetcher::Taken> ContentFetcher::link(
    store::ContentSource& source, const std::string& name,
    const std::vector<store::PayloadClaim>& claims) {
  store::PayloadStore& payloads = repository_.payloads();
  const std::string path = source.payload_file(name);
  if (path.empty() || payloads.has(name)) return std::nullopt;
  const auto info = file_info(path);
  if (!info || !info->is_regular) return std::nullopt;
  const store::PayloadFacts facts = store::PayloadStore::examine_file(path, name);
  if (depot::mismatches(claims, facts) > 0) return std::nullopt;
  const store::Adoption done = payloads.adopt(path, name);
  return Taken{
      facts.csize, done == store::Adoption::kLinked || done == store::Adoption::kReflinked, {}};
}

ContentFetcher::Taken ContentFetcher::payload(const store::WantedPayload& wanted,
                                              const std::vector<store::PayloadClaim>& claims) {
  depot::PayloadCandidate candidate(store::payload_directory(repository_.root()), wanted.name,
                                    claims, max_payload_, depot::PayloadCandidate::Depth::kFile);
  std::optional<Taken> linked;
  Attempts attempts(*this);
  const bool found = attempts.any([&](store::ContentSource& source, std::string& problem) {
    linked = link(source, wanted.name, claims);
    if (linked) return true;
    candidate.forget_refusal();
    const bool taken = source.payload(wanted, candidate);
    if (!candidate.refusal().empty()) problem = candidate.refusal();
    return taken;
  });
  if (linked) return *linked;
  auto& best = candidate.best();
  if (!found && !best) throw attempts.failure("payload " + wanted.name);
  return put_in_place(wanted.name, *best);
}

ContentFetcher::Taken ContentFetcher::put_in_place(const std::string& name,
                                                   depot::PayloadCandidate::Best& best) {
  store::PayloadStore& payloads = repository_.payloads();
  const Taken taken{best.file->facts().csize, false, best.mismatches > 0 ? best.difference : ""};
  if (payloads.has(name)) {
    // It is damaged, or it would not have been asked for.
    best.file->keep_as(payloads.path(name));
  } else {
    payloads.adopt(best.file->temporary_path(), name);
  }
  return taken;
}

}  // namespace metaset::group
