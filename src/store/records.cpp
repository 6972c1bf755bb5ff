#include "metaset/store/schema.h"

#include "codec.h"

namespace metaset::store {

std::uint64_t MetasetRecord::added() const {
  std::uint64_t sum = 0;
  for (const PublisherChange& change : publishers) sum += change.added;
  return sum;
}

std::uint64_t MetasetRecord::removed() const {
  std::uint64_t sum = 0;
  for (const PublisherChange& change : publishers) sum += change.removed;
  return sum;
}

std::string MetasetRecord::encode() const {
  Encoder out;
  out.u64(number).u64(parent).time(time).text(who).text(message).u64(publishers.size());
  for (const PublisherChange& p : publishers) {
    out.u64(p.publisher).u64(p.added).u64(p.removed).u64(p.packages).u64(p.package_versions);
  }
  return out.u64(packages).u64(package_versions).raw(content).raw(digest).take();
}

MetasetRecord MetasetRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "metaset");
  MetasetRecord r;
  r.number = in.u64();
  r.parent = in.u64();
  r.time = in.time();
  r.who = in.text();
  r.message = in.text();
  r.publishers.resize(in.count());
  for (PublisherChange& p : r.publishers) {
    p.publisher = in.u32();
    p.added = in.u64();
    p.removed = in.u64();
    p.packages = in.u64();
    p.package_versions = in.u64();
  }
  r.packages = in.u64();
  r.package_versions = in.u64();
  r.content = in.raw<32>();
  r.digest = in.raw<32>();
  in.end();
  return r;
}

std::string TagRecord::encode() const { return Encoder().u64(number).time(time).text(who).take(); }

TagRecord TagRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "tag");
  TagRecord r;
  r.number = in.u64();
  r.time = in.time();
  r.who = in.text();
  in.end();
  return r;
}

std::string PublisherRecord::encode() const { return Encoder().text(prefix).u64(added_in).take(); }

PublisherRecord PublisherRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "publisher");
  PublisherRecord r;
  r.prefix = in.text();
  r.added_in = in.u64();
  in.end();
  return r;
}

std::string PublisherState::encode() const {
  Encoder out;
  out.time(created).time(last_modified).u64(packages).u64(package_versions);
  out.boolean(utf8_feature).u64(next_sequence).u64(parts.size());
  for (const PartState& part : parts) {
    out.text(part.name).time(part.last_modified).u64(part.changed_in);
  }
  return out.take();
}

PublisherState PublisherState::decode(std::string_view bytes) {
  Decoder in(bytes, "publisher state");
  PublisherState r;
  r.created = in.time();
  r.last_modified = in.time();
  r.packages = in.u64();
  r.package_versions = in.u64();
  r.utf8_feature = in.boolean();
  r.next_sequence = in.u64();
  r.parts.resize(in.count());
  for (PartState& part : r.parts) {
    part.name = in.text();
    part.last_modified = in.time();
    part.changed_in = in.u64();
  }
  in.end();
  return r;
}

std::string PackageEntry::encode() const {
  Encoder out;
  out.u64(added_in).u64(removed_in).text(version).raw(manifest_sha1).raw(manifest);
  out.boolean(dependency.has_value());
  if (dependency) out.raw(*dependency);
  out.u64(summary.size());
  for (const LocaleText& s : summary) out.text(s.locale).raw(s.text);
  return out.boolean(obsolete).boolean(renamed).take();
}

PackageEntry PackageEntry::decode(std::string_view bytes) {
  Decoder in(bytes, "package");
  PackageEntry r;
  r.added_in = in.u64();
  r.removed_in = in.u64();
  r.version = in.text();
  r.manifest_sha1 = in.raw<20>();
  r.manifest = in.raw<32>();
  if (in.boolean()) r.dependency = in.raw<16>();
  r.summary.resize(in.count());
  for (LocaleText& s : r.summary) {
    s.locale = in.text();
    s.text = in.raw<16>();
  }
  r.obsolete = in.boolean();
  r.renamed = in.boolean();
  in.end();
  return r;
}

bool PackageEntry::visible(std::string_view bytes, MetasetNumber number) {
  Decoder in(bytes, "package");
  const MetasetNumber added = in.u64();
  const MetasetNumber removed = in.u64();
  return added <= number && (removed == 0 || number < removed);
}

std::string OperationRecord::encode() const {
  return Encoder()
      .u64(metaset)
      .time(time)
      .boolean(add)
      .boolean(logged)
      .text(name)
      .text(version)
      .u64(entry)
      .take();
}

OperationRecord OperationRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "operation");
  OperationRecord r;
  r.metaset = in.u64();
  r.time = in.time();
  r.add = in.boolean();
  r.logged = in.boolean();
  r.name = in.text();
  r.version = in.text();
  r.entry = in.u64();
  in.end();
  return r;
}

std::string LogRecord::encode() const {
  return Encoder().time(last_modified).u64(first).u64(end).take();
}

LogRecord LogRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "update log");
  LogRecord r;
  r.last_modified = in.time();
  r.first = in.u64();
  r.end = in.u64();
  in.end();
  return r;
}

std::string CatalogFileRecord::encode() const { return Encoder().raw(sha1).u64(size).take(); }

CatalogFileRecord CatalogFileRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "catalog file");
  CatalogFileRecord r;
  r.sha1 = in.raw<20>();
  r.size = in.u64();
  in.end();
  return r;
}

std::string AreaMark::encode() const { return Encoder().u64(sequence).u64(metaset).take(); }

AreaMark AreaMark::decode(std::string_view bytes) {
  Decoder in(bytes, "area mark");
  AreaMark r;
  r.sequence = in.u64();
  r.metaset = in.u64();
  in.end();
  return r;
}

std::string SearchChainRecord::encode() const {
  return Encoder().u64(chain).u64(documents).u64(lines).take();
}

SearchChainRecord SearchChainRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "search chain");
  SearchChainRecord r;
  r.chain = in.u32();
  r.documents = in.u32();
  r.lines = in.u32();
  in.end();
  return r;
}

std::string AreaRecord::encode() const {
  return Encoder().raw(id).u64(base).time(created).text(who).u64(next_sequence).u64(changes).take();
}

AreaRecord AreaRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "staging area");
  AreaRecord r;
  r.id = in.raw<16>();
  r.base = in.u64();
  r.created = in.time();
  r.who = in.text();
  r.next_sequence = in.u64();
  r.changes = in.u64();
  in.end();
  return r;
}

std::string ChangeRecord::encode() const {
  return Encoder()
      .u64(static_cast<std::uint64_t>(kind))
      .time(time)
      .text(publisher)
      .text(name)
      .text(version)
      .raw(manifest)
      .take();
}

ChangeRecord ChangeRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "staged change");
  ChangeRecord r;
  const std::uint64_t kind = in.u64();
  if (kind < 1 || kind > 3) throw Error(Code::kCorrupt, "damaged staged change record");
  r.kind = static_cast<ChangeKind>(kind);
  r.time = in.time();
  r.publisher = in.text();
  r.name = in.text();
  r.version = in.text();
  r.manifest = in.raw<32>();
  in.end();
  return r;
}

}  // namespace metaset::store
