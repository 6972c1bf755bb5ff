#include "store/search_page.h"

#include <algorithm>
#include <new>

#include <zlib.h>

#include "metaset/base/error.h"
#include "metaset/ips/action.h"

#include "store/codec.h"

namespace metaset::store {

namespace {

constexpr int kRawDeflate = -15;
constexpr std::uint64_t kLargestPage = ips::kMaxActionText + kSearchPageText;
constexpr std::size_t kMostLines = 1 << 16;

// What actions are mostly made of, the most frequent last. Part of the format (kSearchFormat).
constexpr std::string_view kDictionary =
    "signature algorithm=rsa-sha256 value= version=0 chain= chain.chashes= chain.sizes= "
    "user ftpuser=false gcos-field= username= uid= group groupname= gid= driver alias=pci name= "
    "legacy arch=i386 category=system desc= hotline=\"Please contact your local service provider\" "
    "vendor= version=11.11,REV= restart_fmri=svc:/system/manifest-import:default preserve=true "
    "preserve=renamenew overlay=true original_name= refresh_fmri=svc:/application/desktop-cache/ "
    "license=lgpl license=GPLv2 license chash= depend fmri=pkg:/system/library@0.5.11-2024.0.0.0 "
    "type=require depend fmri=pkg:/library/ type=incorporate type=conditional predicate=pkg:/ "
    "set name=pkg.fmri value=pkg://openindiana.org/ set name=pkg.summary value=\"the library for "
    "set name=pkg.description value=\"A set name=info.classification "
    "value=org.opensolaris.category.2008:Development/Libraries set name=info.source-url "
    "value=https://www. set name=info.upstream-url value=http:// set name=variant.arch value=i386 "
    "set name=org.opensolaris.consolidation value=userland set name=pkg.human-version value= "
    "elfarch=i386 elfbits=64 elfhash= link mediator=python mediator-version= "
    "hardlink path=usr/bin/ target=../ link path=usr/lib/ target=lib.so.1 facet.doc.man=true "
    "facet.locale.en=true facet.devel=true variant.opensolaris.zone=global "
    "dir group=sys mode=0755 owner=root path=var/lib/ path=etc/ path=usr/share/doc/ "
    "path=usr/include/ path=usr/share/man/man1/ path=usr/lib/amd64/ path=usr/share/locale/ "
    "LC_MESSAGES/.mo path=usr/lib/python3.9/vendor-packages/__init__.py path=usr/share/ .html .png "
    "pkg.content-hash=file:sha512t_256: pkg.content-hash=gzip:sha512t_256: pkg.csize= pkg.size= "
    "timestamp=20240101T000000Z chash= group=bin mode=0444 owner=root path=usr/ pkg.size=\nfile ";

Bytef* writable(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

[[noreturn]] void damaged_page() {
  throw DecodeError(Code::kCorrupt, "damaged page of the search index");
}

std::string deflate_page(std::string_view text) {
  z_stream stream{};
  constexpr int kMemoryLevel = 8;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawDeflate, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  deflateSetDictionary(&stream, writable(kDictionary), static_cast<uInt>(kDictionary.size()));
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = writable(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = writable(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw Error(Code::kInternal, "a page could not be compressed");
  return out;
}

std::string inflate_page(std::string_view bytes, std::size_t size) {
  z_stream stream{};
  if (inflateInit2(&stream, kRawDeflate) != Z_OK) throw std::bad_alloc();
  std::string out(size, '\0');
  inflateSetDictionary(&stream, writable(kDictionary), static_cast<uInt>(kDictionary.size()));
  stream.next_in = writable(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = writable(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  const bool whole = result == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!whole && !(size == 0 && result == Z_STREAM_END)) damaged_page();
  return out;
}

std::vector<DocumentRun> read_runs(Decoder& in) {
  std::vector<DocumentRun> runs(in.count());
  std::uint32_t at = 0;
  for (DocumentRun& run : runs) {
    run.begin = at + in.u32();
    const std::uint32_t length = in.u32();
    run.end = length == 0 ? 0 : run.begin + length;
    at = run.end;
    if (run.end == 0 && &run != &runs.back()) damaged_page();
  }
  return runs;
}

void write_runs(const std::vector<DocumentRun>& runs, Encoder& out) {
  out.u64(runs.size());
  std::uint32_t at = 0;
  for (const DocumentRun& run : runs) {
    out.u64(run.begin - at).u64(run.end == 0 ? 0 : run.end - run.begin);
    at = run.end;
  }
}

}  // namespace

bool SearchLine::is_of(std::uint32_t ordinal) const {
  return std::ranges::any_of(runs, [&](const DocumentRun& run) { return run.has(ordinal); });
}

SearchPage::SearchPage(std::string_view value, Keep keep)
    : row_(keep == Keep::kRow ? value : std::string_view()) {
  Decoder in(value, "search page");
  const std::size_t count = in.count();
  if (count > kMostLines) damaged_page();
  lines_.resize(count);
  std::vector<std::size_t> sizes(count);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    lines_[i].runs = read_runs(in);
    sizes[i] = static_cast<std::size_t>(in.u64());
    total += sizes[i];
    if (sizes[i] > kLargestPage || total > kLargestPage) damaged_page();
  }
  text_ = inflate_page(in.text_view(), static_cast<std::size_t>(total));
  in.end();
  std::string_view rest = text_;
  for (std::size_t i = 0; i < count; ++i) {
    lines_[i].text = rest.substr(0, sizes[i]);
    rest.remove_prefix(sizes[i]);
  }
}

std::size_t SearchPage::bytes() const {
  std::size_t bytes = sizeof(*this) + row_.capacity() + text_.capacity();
  for (const SearchLine& line : lines_) {
    bytes += sizeof(line) + line.runs.capacity() * sizeof(DocumentRun);
  }
  return bytes;
}

std::string encode_search_page(const SearchLine* lines, std::size_t count) {
  Encoder out;
  std::string text;
  out.u64(count);
  for (std::size_t i = 0; i < count; ++i) {
    write_runs(lines[i].runs, out);
    out.u64(lines[i].text.size());
    text.append(lines[i].text);
  }
  out.text(deflate_page(text));
  return out.take();
}

}  // namespace metaset::store
