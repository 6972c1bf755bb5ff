#include "metaset/depot/payload.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

namespace metaset::depot {

namespace {

std::string lower_case(std::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool same_file(const Payload& a, const Payload& b) {
  return a.inode == b.inode && a.size == b.size && a.last_modified == b.last_modified;
}

}  // namespace

std::string no_payload_message(std::string_view name) {
  return "No file could be found for the specified hash name: '" + std::string(name) + "'.";
}

Payload find_payload(const store::View& view, const Publishers& publishers,
                     const store::PayloadStore& payloads, std::string_view prefix,
                     std::string_view name) {
  if (!prefix.empty()) require_in_repository(view, publishers, prefix);
  Payload payload;
  payload.name = lower_case(name);
  if (store::is_payload_name(payload.name)) {
    payload.path = payloads.path(payload.name, prefix);
    const auto info = file_info(payload.path);
    if (info && info->is_regular) {
      payload.size = info->size;
      payload.last_modified = Time{info->modified * 1'000'000};
      payload.inode = info->inode;
      return payload;
    }
  }
  throw Error(Code::kNotFound, no_payload_message(name.empty() ? "None" : name));
}

store::CompressedFacts CompressedFactsCache::get(const store::PayloadStore& payloads,
                                                 const Payload& payload) {
  {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(payload.name);
    if (place != places_.end() && same_file(place->second->payload, payload)) {
      entries_.splice(entries_.begin(), entries_, place->second);
      return place->second->facts;
    }
  }
  // Not under the lock: this reads the whole file. Two threads may do it at once.
  const store::CompressedFacts facts = payloads.compressed_facts(payload.name);
  const std::lock_guard lock(mutex_);
  if (const auto place = places_.find(payload.name); place != places_.end()) {
    const auto entry = place->second;
    places_.erase(place);
    entries_.erase(entry);
  }
  entries_.push_front({payload, facts});
  places_.emplace(entries_.front().payload.name, entries_.begin());
  if (entries_.size() > capacity_) {
    places_.erase(entries_.back().payload.name);
    entries_.pop_back();
  }
  return facts;
}

std::string chash_attribute(const store::CompressedFacts& facts) {
  return "chash=" + to_hex(facts.chash);
}

std::string content_hash_attribute(const store::CompressedFacts& facts) {
  return "pkg.content-hash=gzip:sha512t_256:" + to_hex(facts.gzip_sha512t);
}

}  // namespace metaset::depot
