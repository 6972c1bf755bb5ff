#include "group/replica_sources.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "metaset/base/file.h"

namespace metaset::group {

ReplicaSources::ReplicaSources(const std::vector<std::string>& from, const net::HttpOptions& http,
                               const std::string& own)
    : http_(http), own_(own) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> directories;
  for (const std::string& one : from) {
    Entry entry;
    entry.from = one;
    entry.name = net::url_without_secrets(one);
    if (is_depot_url(one)) {
      entry.name = net::url_without_secrets(net::checked_base_url(one));
    } else if (const auto info = file_info(replica_directory(one))) {
      // An environment must not be opened twice in one process.
      if (!directories.emplace(info->device, info->inode).second) continue;
    }
    entries_.push_back(std::move(entry));
  }
  if (entries_.empty()) throw Error(Code::kUsage, "no source was given (--from)");
}

void ReplicaSources::compare_with(store::MetasetNumber latest, DigestHere digest) {
  latest_ = latest;
  digest_ = std::move(digest);
}

void ReplicaSources::compare(const Entry& entry) const {
  store::MetasetNumber number = latest_;
  std::optional<Sha256> there;
  if (entry.offer->after && entry.offer->after->number == latest_) {
    there = entry.offer->after->digest;
  } else if (entry.offer->last <= latest_) {
    number = entry.offer->last;
    there = entry.offer->digest;
  }
  if (number == 0 || (there && *there == digest_(number))) return;
  throw Error(Code::kConflict,
              fmt::format("metaset {} here is another one than there: this repository has a "
                          "history of its own",
                          number));
}

void ReplicaSources::open(Entry& entry) {
  try {
    entry.source = open_replica_source(entry.from, http_, own_);
    entry.offer = entry.source->offer(latest_);
    compare(entry);
  } catch (const Error& error) {
    if (error.code() == Code::kUsage) throw;
    entry.problem = error;
  }
}

const depot::TransferOffer* ReplicaSources::offer(std::size_t index) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[index];
  if (!entry.problem && !entry.offer) open(entry);
  return entry.problem ? nullptr : &*entry.offer;
}

std::string ReplicaSources::record(std::size_t index, store::MetasetNumber number) {
  const std::lock_guard lock(mutex_);
  return entries_[index].source->record(number);
}

std::unique_ptr<store::ContentSource> ReplicaSources::content(std::size_t index) {
  if (offer(index) == nullptr) return nullptr;
  const std::lock_guard lock(mutex_);
  return entries_[index].source->content();
}

void ReplicaSources::exclude(std::size_t index, const Error& why) {
  const std::lock_guard lock(mutex_);
  if (!entries_[index].problem) entries_[index].problem = why;
}

std::vector<std::string> ReplicaSources::problems() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> problems;
  for (const Entry& entry : entries_) {
    if (entry.problem) problems.push_back(entry.name + ": " + entry.problem->message());
  }
  return problems;
}

Error ReplicaSources::failure(const std::string& what, Code otherwise) const {
  std::string text = what;
  for (const std::string& problem : problems()) text += "; " + problem;
  const std::lock_guard lock(mutex_);
  const auto has = [&](Code code) {
    return std::ranges::any_of(entries_, [&](const Entry& entry) {
      return entry.problem && entry.problem->code() == code;
    });
  };
  // What stays as it is comes first; then what may be over soon.
  for (const Code code : {Code::kConflict, Code::kUnavailable, Code::kDenied, Code::kCorrupt}) {
    if (has(code)) return {code, text};
  }
  return {otherwise, text};
}

}  // namespace metaset::group
