#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "metaset/base/atomic_directory.h"
#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/bundle.h"
#include "metaset/store/activate.h"
#include "metaset/store/commit.h"
#include "metaset/store/incoming_payload.h"
#include "metaset/store/layout.h"
#include "metaset/store/metaset_transfer.h"
#include "metaset/store/payload_lock.h"
#include "metaset/store/tags.h"

#include "depot/bundle_contents.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kManifestsAtOnce = 32 << 20;  // bytes in one durable transaction

void require_trusted(const BundleContents& contents, const UnbundleOptions& options) {
  if (options.trusted.empty()) return;
  const auto covers = [&](const store::Statement& statement) {
    return statement.number == contents.header().to &&
           std::ranges::any_of(options.trusted,
                               [&](const auto& key) { return statement.is_by(*key); });
  };
  if (std::ranges::any_of(contents.statements(), covers)) return;
  throw Error(Code::kDenied,
              fmt::format("no trusted key has signed metaset {}, with which the bundle ends; sign "
                          "it where it comes from: metaset sign -k KEY {}",
                          contents.header().to, contents.header().to));
}

// Of a name that was checked.
Sha256 raw_digest(const std::string& hex) { return sha256_from_hex(hex).value_or(Sha256{}); }

class Unbundler {
 public:
  Unbundler(store::Repository& repository, int bundle, const BundleContents& contents,
            const UnbundleOptions& options, const ProgressCallback& callback,
            UnbundleResult& result)
      : repository_(repository),
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
        store_manifest(manifest_in(archive, member), member.name);
        phase.step(file->size);
      } else if (member.part == BundlePart::kPayload) {
        store_payload(archive, member.name, file->size);
        phase.step(file->size);
      }
    }
    flush_manifests();
    for (const auto& payload : contents_.payloads()) {
      for (const std::string& publisher : payload.publishers) {
        repository_.payloads().assign(payload.name, publisher);
      }
    }
    repository_.payloads().sync();
  }

  void add_metasets() {
    lmdb::Env& env = repository_.committed();
    const BundleHeader& header = contents_.header();
    const store::MetasetNumber first = std::max(header.from, latest()) + 1;
    ProgressPhase phase(callback_, "metasets", header.to + 1 - std::min(first, header.to + 1));
    for (store::MetasetNumber number = first; number <= header.to; ++number) {
      const std::string record = contents_.record(number);
      lmdb::WriteTxn txn(env);
      store::apply_transfer(env, txn, record, false);
      if (contents_.collected().has(number)) note_collected(txn, number);
      txn.commit();
      ++result_.applied;
      phase.step(record.size());
    }
  }

  void add_names() {
    lmdb::Env& env = repository_.committed();
    {
      lmdb::WriteTxn txn(env);
      const std::uint64_t before = statement_count(txn);
      for (const auto& statement : contents_.statements()) {
        store::put_statement(env, txn, statement);
      }
      result_.statements = statement_count(txn) - before;
      txn.commit();
    }
    // Where more is known already, tags may have moved on.
    if (latest() > contents_.header().to) return;
    for (const BundleTag& tag : contents_.tags()) {
      if (is_collected(tag.number)) continue;  // here, before it got the tag there
      const auto before = store::set_tag(repository_, tag.name, tag.number, options_.who, true);
      if (before != tag.number) ++result_.tags;
    }
  }

  void activate() {
    result_.active = active();
    if (!options_.activate || result_.active >= contents_.header().to) return;
    store::activate(repository_, contents_.header().to);
    result_.active = contents_.header().to;
    result_.activated = true;
  }

  // The first metaset of all makes the repository, and is the active one until the last one is.
  void collect_first() {
    if (contents_.header().from > 0 || !contents_.collected().has(1) || active() == 1) return;
    const lmdb::Env& env = repository_.committed();
    lmdb::WriteTxn txn(repository_.committed());
    store::settle_active(env, txn);
    if (store::is_collected(env, txn, 1) || !store::tags_of(env, txn, 1).empty()) return;
    note_collected(txn, 1);
    txn.commit();
  }

 private:
  void note_collected(lmdb::WriteTxn& txn, store::MetasetNumber number) {
    const lmdb::Env& env = repository_.committed();
    auto collected = store::CollectedMetasets::load(env, txn);
    collected.add(number, number);
    collected.save(env, txn);
  }
  // What look(env, txn) finds in what is committed now.
  template <typename Look>
  auto committed(const Look& look) const {
    const lmdb::Env& env = std::as_const(repository_).committed();
    const lmdb::ReadTxn txn(env);
    return look(env, txn);
  }
  bool is_collected(store::MetasetNumber number) const {
    return committed([number](const lmdb::Env& env, const lmdb::Txn& txn) {
      return store::is_collected(env, txn, number);
    });
  }
  store::MetasetNumber latest() const { return committed(store::View::latest_number); }
  store::MetasetNumber active() const { return committed(store::View::active_number); }
  std::uint64_t statement_count(const lmdb::Txn& txn) const {
    std::uint64_t count = 0;
    store::for_each_statement(std::as_const(repository_).committed(), txn,
                              [&](store::MetasetNumber, std::string_view) { ++count; });
    return count;
  }

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
    const lmdb::Env& env = std::as_const(repository_).committed();
    const lmdb::ReadTxn txn(env);
    for (const auto& manifest : contents_.manifests()) {
      if (manifest.present || !manifest.needed) continue;
      const auto raw = raw_digest(manifest.digest);
      if (txn.get(env.table(store::kManifests), bytes_of(raw))) continue;
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

  void store_manifest(const std::string& text, const std::string& digest) {
    const Sha256 raw = raw_digest(digest);
    const lmdb::Env& env = std::as_const(repository_).committed();
    {
      const lmdb::ReadTxn txn(env);
      if (txn.get(env.table(store::kManifests), bytes_of(raw))) return;
    }
    batch_.emplace_back(raw, store::encode_manifest(text));
    batch_bytes_ += batch_.back().second.size();
    if (batch_bytes_ >= kManifestsAtOnce) flush_manifests();
  }

  // Manifests that no metaset refers to are harmless, so they need not wait for theirs.
  void flush_manifests() {
    if (batch_.empty()) return;
    lmdb::Env& env = repository_.committed();
    lmdb::WriteTxn txn(env);
    for (const auto& [digest, value] : batch_) {
      if (txn.insert(env.table(store::kManifests), bytes_of(digest), value)) ++result_.manifests;
    }
    txn.commit();
    batch_.clear();
    batch_bytes_ = 0;
  }

  // One whose file has the right size was checked when it came; another size is that of another
  // compression, or what a power failure left.
  bool is_here(const std::string& name, std::uint64_t csize) const {
    const auto here = repository_.payloads().csize(name);
    if (!here || *here == csize) return here.has_value();
    try {
      repository_.payloads().examine(name);
      return true;
    } catch (const Error& error) {
      if (error.code() != Code::kCorrupt) throw;
      return false;
    }
  }

  void store_payload(TarReader& archive, const std::string& name, std::uint64_t csize) {
    if (is_here(name, csize)) return;
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
  int bundle_;
  const BundleContents& contents_;
  const UnbundleOptions& options_;
  const ProgressCallback& callback_;
  UnbundleResult& result_;
  std::vector<std::pair<Sha256, std::string>> batch_;
  std::size_t batch_bytes_ = 0;
};

// With the first metaset of the bundle, which is active then: every repository has such a one.
void create_repository(const std::string& root, const BundleContents& contents) {
  AtomicDirectory directory(root);
  store::Repository::create(directory.path(), [&](lmdb::Env& env, lmdb::WriteTxn& txn) {
    store::apply_transfer(env, txn, contents.record(1), true);
  });
  directory.commit();
}

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
    create_repository(root, contents);
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
