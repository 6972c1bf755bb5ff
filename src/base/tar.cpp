#include "metaset/base/tar.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "metaset/base/error.h"

namespace metaset {

namespace {

constexpr std::size_t kTarBlock = 512;
constexpr std::size_t kTarName = 100, kTarSizeAt = 124, kTarSumAt = 148;
constexpr std::uint64_t kOctalLimit = std::uint64_t{1} << 33;  // eleven octal digits
constexpr std::size_t kReadAtOnce = 256 << 10;
using TarBlock = std::array<char, kTarBlock>;

std::uint64_t padding_of(std::uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

void put_text(TarBlock& block, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

// `digits` octal digits, with zeros before.
void put_octal(TarBlock& block, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value >>= 3) {
    block[at + i] = static_cast<char>('0' + (value & 7));
  }
}

void put_size(TarBlock& block, std::uint64_t size) {
  if (size < kOctalLimit) return put_octal(block, kTarSizeAt, 11, size);
  for (std::size_t i = 12; i-- > 1; size >>= 8) {
    block[kTarSizeAt + i] = static_cast<char>(size & 0xff);
  }
  block[kTarSizeAt] = static_cast<char>(0x80);
}

std::uint64_t size_in(const TarBlock& block) {
  std::uint64_t size = 0;
  const bool octal = block[kTarSizeAt] != static_cast<char>(0x80);
  for (std::size_t i = octal ? 0 : 1; i < (octal ? 11u : 12u); ++i) {
    const auto byte = static_cast<unsigned char>(block[kTarSizeAt + i]);
    size = octal ? size << 3 | (byte & 7) : size << 8 | byte;
  }
  return size;
}

TarBlock header_of(std::string_view name, std::uint64_t size) {
  TarBlock block{};
  put_text(block, 0, name);
  put_octal(block, 100, 7, 0644);
  put_octal(block, 108, 7, 0);
  put_octal(block, 116, 7, 0);
  put_size(block, size);
  put_octal(block, 136, 11, 0);
  put_text(block, kTarSumAt, "        ");
  block[156] = '0';
  put_text(block, 257, std::string_view("ustar\00000", 8));
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_octal(block, kTarSumAt, 6, sum);
  block[kTarSumAt + 6] = '\0';
  return block;
}

}  // namespace

bool is_tar_name(std::string_view name) {
  if (name.empty() || name.size() > kTarName) return false;
  char before = '/';
  for (const char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    if (!word && c != '/' && c != '.') return false;
    if (!word && before == '/') return false;
    before = c;
  }
  return before != '/';
}

void TarWriter::begin(std::string_view name, std::uint64_t size) {
  if (!is_tar_name(name)) {
    throw Error(Code::kInvalid, "'" + std::string(name) + "' is no name for a file in an archive");
  }
  pad();
  const TarBlock header = header_of(name, size);
  sink_({header.data(), header.size()});
  left_ = size_ = size;
}

void TarWriter::write(std::string_view bytes) {
  if (bytes.size() > left_) throw Error(Code::kInternal, "more bytes than the archive was told");
  left_ -= bytes.size();
  sink_(bytes);
}

void TarWriter::add(std::string_view name, std::string_view content) {
  begin(name, content.size());
  write(content);
}

void TarWriter::pad() {
  if (left_ != 0) throw Error(Code::kInternal, "fewer bytes than the archive was told");
  const TarBlock zeros{};
  sink_({zeros.data(), static_cast<std::size_t>(padding_of(size_))});
  size_ = 0;
}

void TarWriter::finish() {
  pad();
  const TarBlock zeros{};
  for (int i = 0; i < 2; ++i) sink_({zeros.data(), zeros.size()});
}

void TarReader::read_exactly(char* buffer, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const std::size_t got = source_(buffer + done, size - done);
    if (got == 0) throw Error(Code::kCorrupt, "the archive is cut short");
    done += got;
  }
  position_ += size;
  if (observe_) observe_({buffer, size});
}

void TarReader::require_zeros(std::size_t size) {
  TarBlock block;
  read_exactly(block.data(), size);
  if (std::any_of(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size),
                  [](char c) { return c != '\0'; })) {
    throw Error(Code::kCorrupt, "the archive is damaged: there is something between its files");
  }
}

std::optional<TarReader::Member> TarReader::next() {
  read_blocks([](std::string_view) {});
  require_zeros(static_cast<std::size_t>(padding_));
  padding_ = 0;
  TarBlock block;
  read_exactly(block.data(), block.size());
  if (block == TarBlock{}) {
    require_zeros(kTarBlock);
    char behind = 0;
    if (source_(&behind, 1) != 0) {
      throw Error(Code::kCorrupt, "the archive is damaged: there is something behind its end");
    }
    return std::nullopt;
  }
  member_.name.assign(block.data(), ::strnlen(block.data(), kTarName));
  member_.size = size_in(block);
  member_.offset = position_;
  if (!is_tar_name(member_.name) || block != header_of(member_.name, member_.size)) {
    throw Error(Code::kCorrupt, "the archive is damaged, or of another kind");
  }
  left_ = member_.size;
  padding_ = padding_of(member_.size);
  return member_;
}

void TarReader::read_blocks(const std::function<void(std::string_view bytes)>& visit) {
  std::string block;
  while (left_ > 0) {
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left_, kReadAtOnce)));
    read_exactly(block.data(), block.size());
    left_ -= block.size();
    visit(block);
  }
}

std::string TarReader::read_all(std::uint64_t max_size) {
  if (left_ > max_size) {
    throw Error(Code::kLimit, member_.name + " has " + std::to_string(left_) + " bytes; at most " +
                                  std::to_string(max_size) + " are allowed");
  }
  std::string content;
  read_blocks([&](std::string_view bytes) { content.append(bytes); });
  return content;
}

}  // namespace metaset
