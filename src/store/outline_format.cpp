#include "store/outline_format.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/schema.h"

#include "store/codec.h"

namespace metaset::store {

namespace {

using ips::PackageDetails;

constexpr std::string_view kOutlineMagic = "metaset outline 2\n";
constexpr std::string_view kOutlineKind = kOutlineMagic.substr(0, kOutlineMagic.rfind(' ') + 1);
constexpr std::size_t kOutlineNumbers = 5;
constexpr std::size_t kBeforeNumbers = kOutlineMagic.size() + sizeof(Sha256);
constexpr std::size_t kOutlineHeader = kBeforeNumbers + kOutlineNumbers * sizeof(std::uint64_t);
constexpr std::size_t kPathsOfPiece = 500;
constexpr std::size_t kBytesOfPiece = 64 << 10;
constexpr std::uint64_t kMostUncompressed = 2 * ips::kMaxManifestText;
constexpr std::array<std::string_view, 4> kTypes = {"file", "dir", "link", "hardlink"};

constexpr std::string_view kOutlineRecord = "outline";

void write_texts(const std::vector<std::string>& texts, Encoder& out) {
  out.u64(texts.size());
  for (const std::string& text : texts) out.text(text);
}

std::vector<std::string> read_texts(Decoder& in) {
  std::vector<std::string> texts(in.count());
  for (std::string& text : texts) text = in.text();
  return texts;
}

std::string write_details(const PackageDetails& details) {
  Encoder out;
  out.text(details.summary).text(details.description);
  out.text(details.human_version).text(details.homepage);
  write_texts(details.classifications, out);
  out.u64(details.attributes.size());
  for (const auto& [name, value] : details.attributes) out.text(name).text(value);
  out.u64(details.dependencies.size());
  for (const auto& one : details.dependencies) {
    out.text(one.type).text(one.predicate);
    write_texts(one.fmris, out);
  }
  out.u64(details.licences.size());
  for (const auto& one : details.licences) out.text(one.name).text(one.payload);
  out.u64(details.signatures.size());
  for (const auto& one : details.signatures) {
    out.text(one.algorithm).text(one.certificate).text(one.value);
    write_texts(one.chain, out);
  }
  out.u64(details.files).u64(details.directories).u64(details.links).u64(details.other);
  out.u64(details.size).u64(details.compressed_size);
  return out.take();
}

PackageDetails read_details(std::string_view bytes) {
  Decoder in(bytes, kOutlineRecord);
  PackageDetails details;
  details.summary = in.text();
  details.description = in.text();
  details.human_version = in.text();
  details.homepage = in.text();
  details.classifications = read_texts(in);
  details.attributes.resize(in.count());
  for (auto& [name, value] : details.attributes) {
    name = in.text();
    value = in.text();
  }
  details.dependencies.resize(in.count());
  for (auto& one : details.dependencies) {
    one.type = in.text();
    one.predicate = in.text();
    one.fmris = read_texts(in);
  }
  details.licences.resize(in.count());
  for (auto& one : details.licences) {
    one.name = in.text();
    one.payload = in.text();
  }
  details.signatures.resize(in.count());
  for (auto& one : details.signatures) {
    one.algorithm = in.text();
    one.certificate = in.text();
    one.value = in.text();
    one.chain = read_texts(in);
  }
  for (auto number :
       {&PackageDetails::files, &PackageDetails::directories, &PackageDetails::links,
        &PackageDetails::other, &PackageDetails::size, &PackageDetails::compressed_size}) {
    details.*number = in.u64();
  }
  in.end();
  return details;
}

void write_path(const ips::DeliveredPath& path, Encoder& out) {
  const auto* const type = std::ranges::find(kTypes, path.type);
  out.u64(static_cast<std::uint64_t>(type - kTypes.begin())).text(path.path).u64(path.size);
  out.text(path.mode).text(path.owner).text(path.group).text(path.target);
}

ips::TreePiece read_piece(std::string bytes, std::size_t paths) {
  const auto texts = std::make_shared<const std::string>(std::move(bytes));
  Decoder in(*texts, kOutlineRecord);
  ips::TreePiece piece{texts, {}};
  piece.paths.reserve(std::min(paths, texts->size()));
  for (std::size_t i = 0; i < paths; ++i) {
    ips::DeliveredPath path;
    path.type = kTypes[std::min<std::uint64_t>(in.u64(), kTypes.size() - 1)];
    path.path = in.text_view();
    path.size = in.u64();
    for (auto text : {&ips::DeliveredPath::mode, &ips::DeliveredPath::owner,
                      &ips::DeliveredPath::group, &ips::DeliveredPath::target}) {
      path.*text = in.text_view();
    }
    piece.paths.push_back(path);
  }
  in.end();
  return piece;
}

// Writes pieces and their heads side by side.
class PieceWriter {
 public:
  explicit PieceWriter(const ips::FileTree& tree) : tree_(tree) {
    for (std::size_t place = 0; place < tree.size(); ++place) {
      write_path(tree.path(place), piece_);
      const bool full = place - begin_ + 1 == kPathsOfPiece || piece_.size() >= kBytesOfPiece;
      if (full || place + 1 == tree.size()) end_piece(place + 1);
    }
  }
  std::string heads() {
    Encoder out;
    out.u64(tree_.size()).u64(tree_.bytes()).u64(count_).append(heads_.take());
    return out.take();
  }
  const std::string& pieces() const { return pieces_; }

 private:
  void end_piece(std::size_t next) {
    const std::string text = std::exchange(piece_, Encoder()).take();
    const std::string packed = gzip(text, kMetadataLevel);
    heads_.text(tree_.path(begin_).path).u64(begin_).u64(tree_.bytes_before(begin_));
    heads_.u64(packed.size()).u64(text.size());
    pieces_ += packed;
    ++count_;
    begin_ = next;
  }
  const ips::FileTree& tree_;
  Encoder piece_, heads_;
  std::string pieces_;
  std::size_t begin_ = 0, count_ = 0;
};

}  // namespace

std::string write_outline(const Sha256& digest, std::string manifest) {
  const std::string details = write_details(ips::package_details(manifest));
  const ips::FileTree tree(std::move(manifest));
  PieceWriter writer(tree);
  const std::string heads = writer.heads();
  const std::string packed_details = gzip(details, kMetadataLevel);
  const std::string packed_heads = gzip(heads, kMetadataLevel);
  std::string out(kOutlineMagic);
  out += bytes_of(digest);
  for (const std::size_t size : {packed_details.size(), packed_heads.size(), details.size(),
                                 heads.size(), writer.pieces().size()}) {
    out += u64_key(size);
  }
  return out.append(packed_details).append(packed_heads).append(writer.pieces());
}

bool is_outline_of_other_version(const Fd& file) {
  std::string magic(kOutlineMagic.size(), '\0');
  magic.resize(read_at(file.get(), magic.data(), magic.size(), 0, kOutlineRecord));
  return magic.starts_with(kOutlineKind) && magic != kOutlineMagic;
}

struct Outline::File {
  File(Fd opened, const Sha256& manifest) : fd(std::move(opened)) {
    const std::string header = read(0, kOutlineHeader);
    if (!header.starts_with(kOutlineMagic)) throw Error(Code::kCorrupt, "no outline");
    if (header.compare(kOutlineMagic.size(), sizeof(Sha256), bytes_of(manifest)) != 0) {
      throw Error(Code::kCorrupt, "an outline of another manifest");
    }
    for (std::size_t i = 0; i < kOutlineNumbers; ++i) {
      numbers[i] = read_u64(std::string_view(header).substr(0, kBeforeNumbers + 8 * (i + 1)));
    }
  }
  std::string read(std::uint64_t offset, std::uint64_t size) const {
    if (size > kMostUncompressed) damaged();
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (read_at(fd.get(), bytes.data(), bytes.size(), offset, kOutlineRecord) != bytes.size())
      damaged();
    return bytes;
  }
  std::string unpack(std::uint64_t offset, std::uint64_t packed, std::uint64_t size) const {
    try {
      std::string text = gunzip(read(offset, packed), std::min(size, kMostUncompressed));
      if (text.size() == size) return text;
    } catch (const Error& error) {
      if (error.code() != Code::kLimit) throw;
    }
    damaged();
  }
  std::string details() const { return unpack(kOutlineHeader, numbers[0], numbers[2]); }
  std::string heads() const { return unpack(kOutlineHeader + numbers[0], numbers[1], numbers[3]); }
  std::uint64_t pieces_begin() const { return kOutlineHeader + numbers[0] + numbers[1]; }
  [[noreturn]] static void damaged() { throw Error(Code::kCorrupt, "damaged outline"); }

  Fd fd;
  std::array<std::uint64_t, kOutlineNumbers> numbers{};
};

Outline::Outline(Fd file, const Sha256& manifest)
    : file_(std::make_shared<const File>(std::move(file), manifest)) {}

PackageDetails Outline::details() const { return read_details(file_->details()); }

std::shared_ptr<const ips::FileTree> Outline::files() const {
  struct Place {
    std::uint64_t offset = 0, packed = 0, size = 0;
    std::size_t paths = 0;
  };
  const std::string heads = file_->heads();
  Decoder in(heads, kOutlineRecord);
  ips::TreePieces tree;
  tree.paths = static_cast<std::size_t>(in.u64());
  tree.bytes = in.u64();
  std::vector<Place> places(in.count());
  tree.heads.resize(places.size());
  std::uint64_t offset = file_->pieces_begin();
  for (std::size_t i = 0; i < places.size(); ++i) {
    ips::TreePieceHead& head = tree.heads[i];
    head.first = in.text();
    head.begin = static_cast<std::size_t>(in.u64());
    head.bytes_before = in.u64();
    places[i] = {offset, in.u64(), in.u64()};
    offset += places[i].packed;
    if (i > 0) places[i - 1].paths = head.begin - tree.heads[i - 1].begin;
  }
  in.end();
  if (!places.empty()) places.back().paths = tree.paths - tree.heads.back().begin;
  tree.load = [file = file_, places = std::move(places)](std::size_t piece) {
    const Place& place = places.at(piece);
    return read_piece(file->unpack(place.offset, place.packed, place.size), place.paths);
  };
  return std::make_shared<const ips::FileTree>(std::move(tree));
}

}  // namespace metaset::store
