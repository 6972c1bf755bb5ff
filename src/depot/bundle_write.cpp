#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/base/tar.h"
#include "metaset/depot/bundle.h"
#include "metaset/depot/transferred_packages.h"
#include "metaset/store/layout.h"
#include "metaset/store/metaset_transfer.h"
#include "metaset/store/payload_claims.h"
#include "metaset/store/payload_lock.h"
#include "metaset/store/statement.h"
#include "metaset/store/tags.h"

#include "depot/bundle_format.h"

namespace metaset::depot {

namespace {

class BundleWriter {
 public:
  BundleWriter(store::Repository& source, const BundleOptions& options,
               const std::function<void(std::string_view)>& sink, const ProgressCallback& callback,
               BundleResult& result)
      : source_(source),
        options_(options),
        callback_(callback),
        result_(result),
        tar_([this, &sink](std::string_view bytes) {
          hasher_.update(bytes);
          result_.bytes += bytes.size();
          sink(bytes);
        }) {}

  void write_metadata(const store::View& last) {
    write_header(last);
    write_collected(last);
    write_metasets(last);
    write_statements(last);
    write_tags(last);
    if (options_.from > 0) note_known_payloads(last.at(options_.from));
    write_manifests(last);
  }

  void write_payloads() {
    find_payloads();
    if (!options_.payloads) {
      write_list();
      return;
    }
    ProgressPhase phase(callback_, "payloads", payloads_.size());
    for (const auto& [name, payload] : payloads_) phase.step(write_payload(name));
  }

  void finish() {
    const std::string form = end_text({});
    tar_.begin(BundleMember{BundlePart::kEnd, 0, {}}.path(), form.size());
    tar_.write(end_text(hasher_.finish_sha256()));
    tar_.finish();
  }

 private:
  struct Payload {
    std::string package;  // FMRI of one that needs it
    bool needed = false;  // one of them is in the last metaset
  };

  void write_header(const store::View& last) {
    BundleHeader header;
    header.from = options_.from;
    header.to = options_.to;
    header.to_digest = last.record().digest;
    if (options_.from > 0) header.from_digest = last.at(options_.from).record().digest;
    header.has_payloads = options_.payloads;
    tar_.add(BundleMember{BundlePart::kHeader, 0, {}}.path(), header.text());
  }

  void write_metasets(const store::View& last) {
    ProgressPhase phase(callback_, "metasets", options_.to - options_.from);
    for (store::MetasetNumber number = options_.from + 1; number <= options_.to; ++number) {
      const std::string record = store::transfer_record(last.at(number));
      store::check_transfer(record, [&](auto publisher, const auto& operation, const auto* row) {
        packages_.operation(publisher, operation, row);
      });
      tar_.add(BundleMember{BundlePart::kMetaset, number, {}}.path(), gzip_metadata(record));
      ++result_.metasets;
      phase.step(record.size());
    }
  }

  void write_statements(const store::View& last) {
    for (store::MetasetNumber number = options_.from + 1; number <= options_.to; ++number) {
      for (const auto& statement : store::statements_of(last.env(), last.txn(), number)) {
        tar_.add(BundleMember{BundlePart::kStatement, number, to_hex(statement.key)}.path(),
                 statement.text());
        ++result_.statements;
      }
    }
  }

  void write_tags(const store::View& last) {
    std::vector<MetasetTag> tags;
    for (store::Tag& tag : store::list_tags(last.env(), last.txn())) {
      const auto number = tag.record.number;
      if (number <= options_.from || number > options_.to) continue;
      tags.push_back({std::move(tag.name), number});
    }
    result_.tags = tags.size();
    if (!tags.empty()) tar_.add(BundleMember{BundlePart::kTags, 0, {}}.path(), tags_text(tags));
  }

  // What they needed alone is not in the bundle.
  void write_collected(const store::View& last) {
    const auto all = store::CollectedMetasets::load(last.env(), last.txn());
    store::CollectedMetasets collected;
    for (const auto& [first, end] : all.ranges()) {
      collected.add(std::max(first, options_.from + 1), std::min(end, options_.to - 1));
    }
    if (collected.count() == 0) return;
    packages_.set_collected(collected);
    tar_.add(BundleMember{BundlePart::kCollected, 0, {}}.path(), collected_text(collected));
  }

  // A repository that has the metaset before has the payloads of its packages. Those that a new
  // version shares are mostly in the newest one before it.
  void note_known_payloads(const store::View& before) {
    for (const auto& [prefix, name] : packages_.names()) {
      const auto publisher = before.publisher(prefix);
      const auto entry = publisher ? before.newest(publisher->id, name) : std::nullopt;
      const auto manifest = entry ? before.manifest(entry->manifest) : std::nullopt;
      if (!manifest) continue;
      for (const auto& claim : store::payload_claims(manifest->text())) {
        known_.insert(claim.hex_name());
      }
    }
  }

  void write_manifests(const store::View& last) {
    ProgressPhase phase(callback_, "manifests", packages_.manifests().size());
    for (const auto& [digest, info] : packages_.manifests()) {
      write_manifest(last, digest, info);
      phase.step();
    }
  }

  // One that only collected metasets need is not missed.
  void write_manifest(const store::View& last, const std::string& digest,
                      const TransferredPackages::Manifest& info) {
    const auto raw = sha256_from_hex(digest);
    const auto stored = raw ? last.manifest(*raw) : std::nullopt;
    if (!stored) {
      if (!info.needed) return;
      throw Error(Code::kNotFound,
                  fmt::format("the manifest of {} is not in the repository", info.package));
    }
    const std::string text = stored->text();
    tar_.add(BundleMember{BundlePart::kManifest, 0, digest}.path(),
             stored->is_gzip ? std::string(stored->bytes) : gzip_metadata(text));
    ++result_.manifests;
    for (const auto& claim : store::payload_claims(text)) add_payload(claim.hex_name(), info);
  }

  void add_payload(std::string name, const TransferredPackages::Manifest& manifest) {
    if (known_.contains(name)) return;
    Payload& payload = payloads_[std::move(name)];
    if (payload.package.empty() || (manifest.needed && !payload.needed)) {
      payload.package = manifest.package;
    }
    payload.needed = payload.needed || manifest.needed;
  }

  // Leaves those in payloads_ that there are.
  void find_payloads() {
    for (auto place = payloads_.begin(); place != payloads_.end();) {
      const auto csize = source_.payloads().csize(place->first);
      if (csize) {
        ++result_.payloads;
        result_.payload_bytes += *csize;
        ++place;
        continue;
      }
      if (place->second.needed) {
        result_.missing.push_back(place->first + " of " + place->second.package);
      }
      place = payloads_.erase(place);
    }
    if (result_.missing.empty() || options_.allow_missing_payloads) return;
    throw Error(Code::kNotFound, missing_text(result_.missing));
  }

  void write_list() {
    std::string list;
    for (const auto& [name, payload] : payloads_) list += store::payload_path(name) + "\n";
    if (list.size() > kMaxBundleText) {
      throw Error(Code::kLimit, "the list of payloads is too long; write a bundle with payloads");
    }
    tar_.add(BundleMember{BundlePart::kList, 0, {}}.path(), list);
  }

  // What is damaged is better found here than where it is needed.
  std::uint64_t write_payload(const std::string& name) {
    const std::uint64_t size = source_.payloads().examine(name).csize;
    const std::string path = source_.payloads().path(name);
    const Fd fd = open_file(path, O_RDONLY);
    tar_.begin(BundleMember{BundlePart::kPayload, 0, name}.path(), size);
    std::string block(static_cast<std::size_t>(std::min<std::uint64_t>(size, 256 << 10)), '\0');
    for (std::uint64_t left = size; left > 0;) {
      const std::size_t wanted =
          static_cast<std::size_t>(std::min<std::uint64_t>(left, block.size()));
      const std::size_t got = read_some(fd.get(), block.data(), wanted, path);
      if (got == 0) throw Error(Code::kCorrupt, path + " was cut short meanwhile");
      tar_.write(std::string_view(block.data(), got));
      left -= got;
    }
    return size;
  }

  store::Repository& source_;
  const BundleOptions& options_;
  const ProgressCallback& callback_;
  BundleResult& result_;
  Hasher hasher_{HashKind::kSha256};
  TarWriter tar_;
  TransferredPackages packages_;
  std::set<std::string> known_;
  std::map<std::string, Payload> payloads_;
};

}  // namespace

void write_bundle(store::Repository& source, const BundleOptions& options,
                  const std::function<void(std::string_view)>& sink,
                  const ProgressCallback& callback, BundleResult& result) {
  result = {};
  if (options.from >= options.to) {
    throw Error(Code::kUsage, fmt::format("metaset {} does not come before metaset {}",
                                          options.from, options.to));
  }
  const auto use = store::PayloadUse::if_allowed(source.root());
  BundleWriter writer(source, options, sink, callback, result);
  {
    // Given back before payloads, which can take long.
    const lmdb::Env& env = std::as_const(source).committed();
    const lmdb::ReadTxn txn(env);
    writer.write_metadata(store::View(env, txn, options.to));
  }
  writer.write_payloads();
  writer.finish();
}

}  // namespace metaset::depot
