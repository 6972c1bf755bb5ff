#include "metaset/base/gzip.h"

#include <algorithm>
#include <array>
#include <limits>

#include <zlib.h>

#include "metaset/base/error.h"

#include "zlib_stream.h"

namespace metaset {
namespace {

constexpr std::size_t kTrailerSize = 8;
constexpr int kRawWindow = -15;  // raw deflate, 32 KiB window
constexpr int kMemoryLevel = 8;  // zlib's and Python's default; other levels give other bytes
constexpr std::size_t kSmall = 4096;

void append_little_endian(std::uint32_t number, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift & 0xff);
}

// A raw deflate stream with the sums of its input.
class Deflater {
 public:
  explicit Deflater(int level, int strategy = Z_DEFAULT_STRATEGY) {
    zlib::check_start(deflateInit2(&stream, level, Z_DEFLATED, kRawWindow, kMemoryLevel, strategy));
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void count(std::string_view bytes) {
    if (bytes.empty()) return;  // zlib takes a null pointer for a wish to start anew
    crc_ = crc32_z(crc_, zlib::input_pointer(bytes), bytes.size());
    size_ += static_cast<std::uint32_t>(bytes.size());  // modulo 2^32, as the format wants it
  }
  void append_trailer(std::string& out) const {
    append_little_endian(static_cast<std::uint32_t>(crc_), out);
    append_little_endian(size_, out);
  }

  z_stream stream{};

 private:
  uLong crc_ = 0;
  std::uint32_t size_ = 0;
};

std::string gzip_with(Deflater& deflater, std::string_view bytes) {
  z_stream& stream = deflater.stream;
  std::string out(kPkgGzipHeader);
  const std::size_t bound = deflateBound(&stream, bytes.size());
  out.reserve(out.size() + bound + kTrailerSize);
  std::size_t used = out.size();
  out.resize(used + bound);
  deflater.count(bytes);
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (stream.avail_in == 0) zlib::feed(stream, bytes);
    const std::size_t room =
        std::min<std::size_t>(out.size() - used, std::numeric_limits<uInt>::max());
    stream.next_out = zlib::output_pointer(out.data() + used);
    stream.avail_out = static_cast<uInt>(room);
    result = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    used += room - stream.avail_out;
    if (result == Z_STREAM_ERROR || result == Z_BUF_ERROR) {
      throw Error(Code::kInternal, "zlib could not compress");
    }
  }
  out.resize(used);
  deflater.append_trailer(out);
  return out;
}

}  // namespace

bool is_pkg_gzip(std::string_view bytes) { return bytes.starts_with(kPkgGzipHeader); }

std::string gzip(std::string_view bytes, int level) {
  Deflater deflater(level);
  return gzip_with(deflater, bytes);
}

std::string gzip_metadata(std::string_view bytes) {
  Deflater deflater(kMetadataLevel, bytes.size() > kSmall ? Z_DEFAULT_STRATEGY : Z_FIXED);
  return gzip_with(deflater, bytes);
}

struct GzipStream::State {
  explicit State(int level) : deflater(level) {}

  void run(std::string_view bytes, int flush, std::string& out) {
    if (finished) throw Error(Code::kInternal, "this gzip stream is finished already");
    if (!started) out.append(kPkgGzipHeader);
    started = true;
    deflater.count(bytes);
    z_stream& stream = deflater.stream;
    std::array<char, zlib::kChunk> buffer;
    do {
      if (stream.avail_in == 0) zlib::feed(stream, bytes);
      stream.next_out = zlib::output_pointer(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      // Z_BUF_ERROR only says that there was nothing to do.
      if (deflate(&stream, bytes.empty() ? flush : Z_NO_FLUSH) == Z_STREAM_ERROR) {
        throw Error(Code::kInternal, "zlib could not compress");
      }
      out.append(buffer.data(), buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0 || stream.avail_in != 0 || !bytes.empty());
  }

  Deflater deflater;
  bool started = false;
  bool finished = false;
};

GzipStream::GzipStream(int level) : state_(std::make_unique<State>(level)) {}
GzipStream::~GzipStream() = default;
GzipStream::GzipStream(GzipStream&&) noexcept = default;

void GzipStream::write(std::string_view bytes, std::string& out) {
  state_->run(bytes, Z_NO_FLUSH, out);
}

void GzipStream::finish(std::string& out) {
  state_->run({}, Z_FINISH, out);
  state_->finished = true;
  state_->deflater.append_trailer(out);
}

}  // namespace metaset
