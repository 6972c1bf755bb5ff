#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <new>
#include <optional>

#include <libdeflate.h>
#include <zlib.h>

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"

#include "zlib_stream.h"

namespace metaset {
namespace {

constexpr int kGzipWindow = 15 + 16;         // gzip header and trailer only, 32 KiB window
constexpr std::size_t kSmallestMember = 18;  // header and trailer

// Reads one gzip member; zlib checks its header and trailer.
class Inflater {
 public:
  Inflater() { zlib::check_start(inflateInit2(&stream, kGzipWindow)); }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool done() const { return done_; }
  // Uncompresses until the input of the stream is used, its output full or the member complete.
  void step() {
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      done_ = true;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw Error(Code::kCorrupt, std::string("bad gzip data: ") +
                                      (stream.msg != nullptr ? stream.msg : "unknown form"));
    }
  }

  z_stream stream{};

 private:
  bool done_ = false;
};

// What the last four bytes say of the size. They need not tell the truth.
std::size_t size_in_trailer(std::string_view bytes) {
  if (bytes.size() < kSmallestMember) return 0;
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[bytes.size() - 4 + i]))
            << (8 * i);
  }
  return size;
}

// How much room to begin with.
std::size_t expected_size(std::string_view bytes) {
  constexpr std::size_t kPlausibleRatio = 64;
  return std::min(size_in_trailer(bytes), bytes.size() * kPlausibleRatio);
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* one) const { libdeflate_free_decompressor(one); }
};

// Nearly all there is: one member and nothing behind it. libdeflate takes half the time of zlib,
// but has to know the size. nullopt: it is something else, about which zlib can say more.
std::optional<std::string> gunzip_whole(std::string_view bytes, std::size_t most) {
  const std::size_t size = size_in_trailer(bytes);
  if (size == 0 || size > most || size != expected_size(bytes)) return std::nullopt;
  // libdeflate does not look at the sum of a header with more in it.
  constexpr std::size_t kFlags = 3;
  if (bytes[kFlags] != 0) return std::nullopt;
  // Memory, and the tables of the codes that small bodies have, which it makes once.
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (decompressor == nullptr) throw std::bad_alloc();
  std::string out(size, '\0');
  if (libdeflate_gzip_decompress(decompressor.get(), bytes.data(), bytes.size(), out.data(),
                                 out.size(), nullptr) != LIBDEFLATE_SUCCESS) {
    return std::nullopt;
  }
  return out;
}

// Anything, with zlib; at most `most` bytes come out.
std::string gunzip_first(std::string_view bytes, std::size_t most, std::uint64_t max_size) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::string out;
  out.resize(std::min(most, std::max<std::size_t>(expected_size(bytes) + 1, 256)));
  std::size_t used = 0;
  while (!inflater.done()) {
    if (stream.avail_in == 0) zlib::feed(stream, bytes);
    if (used == out.size()) {
      out.resize(used > most / 2 ? most : std::min(most, std::max(2 * used, zlib::kChunk)));
    }
    const std::size_t room =
        std::min<std::size_t>(out.size() - used, std::numeric_limits<uInt>::max());
    stream.next_out = zlib::output_pointer(out.data() + used);
    stream.avail_out = static_cast<uInt>(room);
    inflater.step();
    used += room - stream.avail_out;
    if (used == most && most > max_size) {
      throw Error(Code::kLimit, "uncompressed data is larger than the allowed " +
                                    std::to_string(max_size) + " bytes");
    }
    if (!inflater.done() && stream.avail_out != 0 && stream.avail_in == 0 && bytes.empty()) {
      throw Error(Code::kCorrupt, "bad gzip data: it ends too early");
    }
  }
  out.resize(used);
  return out;
}

}  // namespace

std::string gunzip(std::string_view bytes, std::uint64_t max_size) {
  // One byte more than is allowed shows that the limit was exceeded.
  const std::size_t limit = static_cast<std::size_t>(
      std::min<std::uint64_t>(max_size, std::numeric_limits<std::ptrdiff_t>::max() - 1));
  std::optional<std::string> whole = gunzip_whole(bytes, limit);
  return whole ? std::move(*whole) : gunzip_first(bytes, limit + 1, max_size);
}

struct GunzipStream::State {
  Inflater inflater;
};

GunzipStream::GunzipStream() : state_(std::make_unique<State>()) {}
GunzipStream::~GunzipStream() = default;
GunzipStream::GunzipStream(GunzipStream&&) noexcept = default;

void GunzipStream::write(std::string_view bytes, std::string& out) {
  Inflater& inflater = state_->inflater;
  z_stream& stream = inflater.stream;
  std::array<char, zlib::kChunk> buffer;
  do {
    if (inflater.done()) return;
    if (stream.avail_in == 0) zlib::feed(stream, bytes);
    stream.next_out = zlib::output_pointer(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    inflater.step();
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  } while (stream.avail_out == 0 || stream.avail_in != 0 || !bytes.empty());
}

bool GunzipStream::done() const { return state_->inflater.done(); }

}  // namespace metaset
