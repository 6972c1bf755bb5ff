#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/bundle.h"
#include "metaset/depot/incoming_metasets.h"
#include "metaset/store/commit.h"
#include "metaset/store/incoming_payload.h"
#include "metaset/store/layout.h"
#include "metaset/store/payload_lock.h"

#include "depot/bundle_contents.h"

namespace metaset::depot {

namespace {

void require_trusted(const BundleContents& contents, const UnbundleOptions& options) {
  const store::MetasetNumber to = contents.header().to;
  if (is_trusted(contents.statements(), options.trusted, to, contents.metaset(to).digest)) return;
  throw Error(Code::kDenied,
              fmt::format("no trusted key has signed metaset {}, with which the bundle ends; sign "
                          "it where it comes from: metaset sign -k KEY {}",
                          to, to));
}

// Of a name that was checked.
Sha256 raw_digest(const std::string& hex) { return sha256_from_hex(hex).value_or(Sha256{}); }

class Unbundler {
 public:
  Unbundler(store::Repository& repository, int bundle, const BundleContents& contents,
            const UnbundleOptions& options, const ProgressCallback& callback,
            UnbundleResult& result)
      : repository_(repository),
        incoming_(repository),
        bundle_(bundle),
        contents_(contents),
        options_(options),
        callback_(callback),
        result_(result) {}

  // Whether the bundle can be added here; changes nothing.
  void check() {
    require_base();
    require_manifests();
    require_payloads();
  }

  void store_files() {
    ProgressPhase phase(callback_, "files", contents_.manifests().size());
    TarReader archive = bundle_archive(bundle_);
    while (const auto file = archive.next()) {
      const BundleMember member = BundleMember::of_path(file->name);
      if (member.part == BundlePart::kManifest) {
        incoming_.add_manifest(raw_digest(member.name), manifest_in(archive, member));
        phase.step(file->size);
      } else if (member.part == BundlePart::kPayload) {
        store_payload(archive, member.name, file->size);
        phase.step(file->size);
      }
    }
    incoming_.flush_manifests();
    result_.manifests = incoming_.manifests_added();
    for (const auto& payload : contents_.payloads()) {
      for (const std::string& publisher : payload.publishers) {
        repository_.payloads().assign(payload.name, publisher);
      }
    }
    incoming_.sync_payloads();
  }

  void add_metasets() {
    const BundleHeader& header = contents_.header();
    const store::MetasetNumber first = std::max(header.from, incoming_.latest()) + 1;
    ProgressPhase phase(callback_, "metasets", header.to + 1 - std::min(first, header.to + 1));
    for (store::MetasetNumber number = first; number <= header.to; ++number) {
      const std::string record = contents_.record(number);
      incoming_.add_metaset(record, contents_.collected());
      ++result_.applied;
      phase.step(record.size());
    }
  }

  void add_names() {
    result_.statements = incoming_.add_statements(contents_.statements());
    // Where more is known already, tags may have moved on.
    if (incoming_.latest() > contents_.header().to) return;
    result_.tags = incoming_.set_tags(contents_.tags(), options_.who);
  }

  void activate() {
    result_.activated = options_.activate && incoming_.activate(contents_.header().to);
    result_.active = incoming_.active();
  }

  void collect_first() {
    if (contents_.header().from == 0 && contents_.collected().has(1)) incoming_.collect_first();
  }

 private:
  // The metaset before the bundle, and those of it that are here already.
  void require_base() const {
    const lmdb::Env& env = std::as_const(repository_).committed();
    const lmdb::ReadTxn txn(env);
    const BundleHeader& header = contents_.header();
    const store::MetasetNumber last = store::View::latest_number(env, txn);
    if (last < header.from) {
      throw Error(Code::kConflict,
                  fmt::format("the bundle continues metaset {}, but the latest one here is {}: get "
                              "a bundle that begins with {}",
                              header.from, last, last));
    }
    const store::MetasetNumber end = std::min(last, header.to);
    for (store::MetasetNumber number = std::max<store::MetasetNumber>(header.from, 1);
         number <= end; ++number) {
      const auto record = store::View::record_of(env, txn, number);
      const Sha256& expected =
          number == header.from ? header.from_digest : contents_.metaset(number).digest;
      if (record && record->digest == expected) continue;
      throw Error(Code::kConflict,
                  fmt::format("metaset {} here is another one than that of the bundle: this "
                              "repository has a history of its own",
                              number));
    }
  }

  void require_manifests() const {
    for (const auto& manifest : contents_.manifests()) {
      if (manifest.present || !manifest.needed) continue;
      if (incoming_.has_manifest(raw_digest(manifest.digest))) continue;
      throw Error(Code::kNotFound, fmt::format("the manifest of {} is neither in the bundle nor "
                                               "in the repository",
                                               manifest.package));
    }
  }

  void require_payloads() {
    for (const auto& payload : contents_.payloads()) {
      if (!payload.needed || contents_.has_payload(payload.name)) continue;
      if (repository_.payloads().has(payload.name)) continue;
      result_.missing.push_back(payload.name + " of " + payload.package);
    }
    if (result_.missing.empty() || options_.allow_missing_payloads) return;
    throw Error(Code::kNotFound,
                missing_text(result_.missing) +
                    (contents_.header().has_payloads
                         ? ""
                         : "\nThe bundle only lists them: put them into the repository first"));
  }

  void store_payload(TarReader& archive, const std::string& name, std::uint64_t csize) {
    if (incoming_.has_payload(name, csize)) return;
    const std::string path = repository_.payloads().path(name);
    store::IncomingPayload incoming(store::payload_directory(repository_.root()),
                                    store::IncomingPayload::Form::kGzip);
    try {
      archive.read_blocks([&](std::string_view bytes) { incoming.write(bytes); });
      incoming.finish();
      if (!incoming.has_name(name)) {
        throw Error(Code::kCorrupt, "its content does not match its name");
      }
    } catch (Error& error) {
      throw error.during("taking the payload " + name + " from the bundle");
    }
    make_directories(path.substr(0, path.rfind('/')));
    incoming.keep_as(path);
    ++result_.payloads;
    result_.payload_bytes += csize;
  }

  store::Repository& repository_;
  IncomingMetasets incoming_;
  int bundle_;
  const BundleContents& contents_;
  const UnbundleOptions& options_;
  const ProgressCallback& callback_;
  UnbundleResult& result_;
};

}  // namespace

void unbundle(const std::string& root, int bundle, const UnbundleOptions& options,
              const ProgressCallback& callback, UnbundleResult& result) {
  result = {};
  const BundleContents contents(bundle, callback);
  result.from = contents.header().from;
  result.to = contents.header().to;
  require_trusted(contents, options);
  if (!store::Repository::is_repository(root)) {
    if (result.from > 0) {
      throw Error(Code::kConflict,
                  fmt::format("{} is not a metaset repository, and the bundle continues metaset "
                              "{}: a bundle that is written with --full makes one",
                              root, result.from));
    }
    create_from_record(root, contents.record(1));
    result.created = true;
    ++result.applied;
  }
  store::Repository repository(root, store::Access::kWrite);
  store::settle(repository);
  // Nobody else refers to manifests and payloads before the metasets are added.
  const store::CollectionLock lock(root);
  const store::PayloadUse use(root);
  Unbundler unbundler(repository, bundle, contents, options, callback, result);
  unbundler.check();
  unbundler.store_files();
  unbundler.add_metasets();
  unbundler.add_names();
  unbundler.activate();
  unbundler.collect_first();
  if (result.applied > 0) store::finish_commit(repository);
}

}  // namespace metaset::depot
