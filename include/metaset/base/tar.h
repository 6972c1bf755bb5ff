// Plain tar archives (POSIX ustar) of regular files: one after the other, of known size.
//
// One content has one form: every header is exactly the one that TarWriter makes of name and size
// (mode 0644, no owner, time 0), padding is zeros, two blocks of zeros end the archive, and nothing
// follows. TarReader takes nothing else. So any tar(1) can list and extract such an archive, and a
// digest over what was read covers every byte of it. Sizes of 8 GiB and more are written in base
// 256, as GNU tar does it.
//
// Thread-safety: an object belongs to one thread at a time. Errors: kCorrupt for an archive that is
// cut short or of another form; kInvalid for a name that is none; those of `sink` and `source`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace metaset {

// 1 to 100 bytes of letters, digits, '/', '.', '_' and '-'; relative, without empty and dotted
// words.
bool is_tar_name(std::string_view name);

class TarWriter {
 public:
  using Sink = std::function<void(std::string_view bytes)>;
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  // The next file; exactly `size` bytes are to be written.
  void begin(std::string_view name, std::uint64_t size);
  void write(std::string_view bytes);
  void add(std::string_view name, std::string_view content);
  // The end of the archive.
  void finish();

 private:
  void pad();
  Sink sink_;
  std::uint64_t left_ = 0, size_ = 0;
};

class TarReader {
 public:
  // Gives at most `size` bytes, fewer at the end, into `buffer`.
  using Source = std::function<std::size_t(char* buffer, std::size_t size)>;
  // `observe` is called for all bytes, headers too, in their order.
  using Observer = std::function<void(std::string_view bytes)>;
  explicit TarReader(Source source, Observer observe = {})
      : source_(std::move(source)), observe_(std::move(observe)) {}

  struct Member {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t offset = 0;  // of its content in the archive
  };
  // The next file; what was not read of the one before is passed over. nullopt at the end.
  std::optional<Member> next();
  // All of the member; kLimit beyond max_size.
  std::string read_all(std::uint64_t max_size);
  // Calls visit(bytes) until the member's end.
  void read_blocks(const std::function<void(std::string_view bytes)>& visit);

 private:
  void read_exactly(char* buffer, std::size_t size);
  void require_zeros(std::size_t size);
  Source source_;
  Observer observe_;
  Member member_;
  std::uint64_t left_ = 0, padding_ = 0, position_ = 0;
};

}  // namespace metaset
