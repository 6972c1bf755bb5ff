#include "metaset/base/gzip.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include <zlib.h>

#include "metaset/base/error.h"

namespace metaset {
namespace {

constexpr std::size_t kTrailerSize = 8;
constexpr std::size_t kChunk = 32768;
constexpr int kRawWindow = -15;       // raw deflate, 32 KiB window
constexpr int kGzipWindow = 15 + 16;  // gzip header and trailer only, 32 KiB window
constexpr int kMemoryLevel = 8;       // zlib's and Python's default; other levels give other bytes

void check_start(int result) {
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result != Z_OK) throw Error(Code::kInternal, "zlib could not be started");
}

// zlib never writes through next_in.
Bytef* input_pointer(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}
Bytef* output_pointer(char* out) { return reinterpret_cast<Bytef*>(out); }

// zlib counts in 32 bits: gives the stream as much of `bytes` as it can take.
void feed(z_stream& stream, std::string_view& bytes) {
  const std::size_t size = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
  stream.next_in = input_pointer(bytes);
  stream.avail_in = static_cast<uInt>(size);
  bytes.remove_prefix(size);
}

void append_little_endian(std::uint32_t number, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift & 0xff);
}

// A raw deflate stream with the sums of its input.
class Deflater {
 public:
  explicit Deflater(int level) {
    check_start(
        deflateInit2(&stream, level, Z_DEFLATED, kRawWindow, kMemoryLevel, Z_DEFAULT_STRATEGY));
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void count(std::string_view bytes) {
    if (bytes.empty()) return;  // zlib takes a null pointer for a wish to start anew
    crc_ = crc32_z(crc_, input_pointer(bytes), bytes.size());
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

// Reads one gzip member; zlib checks its header and trailer.
class Inflater {
 public:
  Inflater() { check_start(inflateInit2(&stream, kGzipWindow)); }
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

// How much room to begin with. The trailer tells the size, but need not tell the truth.
std::size_t expected_size(std::string_view bytes) {
  constexpr std::size_t kPlausibleRatio = 64;
  if (bytes.size() < kPkgGzipHeader.size() + kTrailerSize) return 0;
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[bytes.size() - 4 + i]))
            << (8 * i);
  }
  return std::min(size, bytes.size() * kPlausibleRatio);
}

}  // namespace

bool is_pkg_gzip(std::string_view bytes) { return bytes.starts_with(kPkgGzipHeader); }

std::string gzip(std::string_view bytes, int level) {
  Deflater deflater(level);
  z_stream& stream = deflater.stream;
  std::string out(kPkgGzipHeader);
  const std::size_t bound = deflateBound(&stream, bytes.size());
  out.reserve(out.size() + bound + kTrailerSize);
  std::size_t used = out.size();
  out.resize(used + bound);
  deflater.count(bytes);
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (stream.avail_in == 0) feed(stream, bytes);
    const std::size_t room =
        std::min<std::size_t>(out.size() - used, std::numeric_limits<uInt>::max());
    stream.next_out = output_pointer(out.data() + used);
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

std::string gunzip(std::string_view bytes, std::uint64_t max_size) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::string out;
  // One byte more than is allowed shows that the limit was exceeded.
  const std::size_t most =
      static_cast<std::size_t>(std::min<std::uint64_t>(max_size, out.max_size() - 1)) + 1;
  out.resize(std::min(most, std::max<std::size_t>(expected_size(bytes) + 1, 256)));
  std::size_t used = 0;
  while (!inflater.done()) {
    if (stream.avail_in == 0) feed(stream, bytes);
    if (used == out.size()) {
      out.resize(used > most / 2 ? most : std::min(most, std::max(2 * used, kChunk)));
    }
    const std::size_t room =
        std::min<std::size_t>(out.size() - used, std::numeric_limits<uInt>::max());
    stream.next_out = output_pointer(out.data() + used);
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

struct GzipStream::State {
  explicit State(int level) : deflater(level) {}

  void run(std::string_view bytes, int flush, std::string& out) {
    if (finished) throw Error(Code::kInternal, "this gzip stream is finished already");
    if (!started) out.append(kPkgGzipHeader);
    started = true;
    deflater.count(bytes);
    z_stream& stream = deflater.stream;
    std::array<char, kChunk> buffer;
    do {
      if (stream.avail_in == 0) feed(stream, bytes);
      stream.next_out = output_pointer(buffer.data());
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

struct GunzipStream::State {
  Inflater inflater;
};

GunzipStream::GunzipStream() : state_(std::make_unique<State>()) {}
GunzipStream::~GunzipStream() = default;
GunzipStream::GunzipStream(GunzipStream&&) noexcept = default;

void GunzipStream::write(std::string_view bytes, std::string& out) {
  Inflater& inflater = state_->inflater;
  z_stream& stream = inflater.stream;
  std::array<char, kChunk> buffer;
  do {
    if (inflater.done()) return;
    if (stream.avail_in == 0) feed(stream, bytes);
    stream.next_out = output_pointer(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    inflater.step();
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  } while (stream.avail_out == 0 || stream.avail_in != 0 || !bytes.empty());
}

bool GunzipStream::done() const { return state_->inflater.done(); }

}  // namespace metaset
