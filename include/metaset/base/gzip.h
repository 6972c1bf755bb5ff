// gzip members as IPS stores payloads, and plain gzip for HTTP (protocol/formats.md section 4.1).
// Thread-safety: free functions are re-entrant; a stream object belongs to one thread at a time.
// Errors: kCorrupt for bytes that are not gzip, kLimit when the output would exceed its bound.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace metaset {

// The ten header bytes of a payload in repository form: deflate, no flags, mtime 0, XFL 2, OS 255.
inline constexpr std::string_view kPkgGzipHeader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", 10);
inline constexpr int kPayloadLevel = 9;   // fixed by the format: equal content, equal bytes
inline constexpr int kMetadataLevel = 6;  // manifests and catalog files

// True if the bytes begin like a payload already in repository form.
bool is_pkg_gzip(std::string_view bytes);

// One gzip member with the header above.
std::string gzip(std::string_view bytes, int level);
// The same at kMetadataLevel, but a text of up to 4 KiB gets the codes that every reader knows
// (RFC 1951 section 3.2.6): it is a sixth larger, and read in half the time.
std::string gzip_metadata(std::string_view bytes);
// Uncompresses the first member, any header; bytes after it are ignored (the clients do so too).
// Checks the CRC and size of the trailer. At most max_size bytes come out, else kLimit.
std::string gunzip(std::string_view bytes, std::uint64_t max_size);

// Streaming forms for bodies that do not fit in memory. Each call appends to `out`.
class GzipStream {
 public:
  explicit GzipStream(int level);
  ~GzipStream();
  GzipStream(GzipStream&&) noexcept;
  void write(std::string_view bytes, std::string& out);
  void finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class GunzipStream {
 public:
  GunzipStream();
  ~GunzipStream();
  GunzipStream(GunzipStream&&) noexcept;
  // Appends what `bytes` uncompress to; bytes after the end of the member are ignored.
  void write(std::string_view bytes, std::string& out);
  // True once the trailer was read and matched.
  bool done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace metaset
