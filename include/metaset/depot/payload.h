// file/0, file/1 and file/2: payloads by name (protocol/http.md sections 5.4 and 5.5).
//
// Thread-safety: functions as the view; a CompressedFactsCache is shared by threads.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "metaset/depot/publishers.h"
#include "metaset/store/payloads.h"
#include "metaset/store/view.h"

namespace metaset::depot {

struct Payload {
  std::string name;        // lower-case hex
  std::string path;        // absolute
  std::uint64_t size = 0;  // of the gzip file, bytes
  Time last_modified;
  std::uint64_t inode = 0;
};

// One stat(2). `prefix`: the publisher of the request, whose packages have or had the payload;
// empty for any. Upper-case digits are accepted. kInvalid for an unknown prefix, kNotFound for a
// payload that is not there.
Payload find_payload(const store::View& view, const Publishers& publishers,
                     const store::PayloadStore& payloads, std::string_view prefix,
                     std::string_view name);
// What the stock depot says of a missing payload; of a missing name it says 'None'.
std::string no_payload_message(std::string_view name);

// Hashes of recently asked gzip files, so that a probe does not read the file every time. An entry
// counts only while the file's inode, size and time are the same.
class CompressedFactsCache {
 public:
  explicit CompressedFactsCache(std::size_t capacity = 4096) : capacity_(capacity) {}
  store::CompressedFacts get(const store::PayloadStore& payloads, const Payload& payload);

 private:
  struct Entry {
    Payload payload;
    store::CompressedFacts facts;
  };
  std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> places_;  // keys in entries_
};

// The values of X-Ipkg-Attr-0 and X-Ipkg-Attr-1.
std::string chash_attribute(const store::CompressedFacts& facts);
std::string content_hash_attribute(const store::CompressedFacts& facts);

}  // namespace metaset::depot
