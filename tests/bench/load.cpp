#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "metaset/base/file.h"
#include "metaset/depot/properties.h"
#include "metaset/depot/publish.h"
#include "metaset/store/commit.h"
#include "metaset/store/repository.h"

#include "corpus.h"
#include "store_bench.h"

namespace metaset::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSmallManifest = 2048;
constexpr std::size_t kLargeManifest = 100 << 10;
// Contents that make payload files of 400 bytes and of 1 MiB: gzip adds so much to what it cannot
// compress.
constexpr std::size_t kSmallPayload = 400 - 23;
constexpr std::size_t kLargePayload = (1 << 20) - 338;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The manifest whose size is nearest to a wanted one.
class Nearest {
 public:
  explicit Nearest(std::size_t wanted) : wanted_(wanted) {}
  void offer(const std::string& fmri, std::size_t size) {
    if (!fmri_.empty() && distance(size) >= distance(size_)) return;
    fmri_ = fmri;
    size_ = size;
  }
  const std::string& fmri() const { return fmri_; }

 private:
  std::size_t distance(std::size_t size) const {
    return size > wanted_ ? size - wanted_ : wanted_ - size;
  }
  std::size_t wanted_, size_ = 0;
  std::string fmri_;
};

// The facts of a package do not depend on its build.
std::vector<store::PackageFacts> facts_of_all(const std::vector<Package>& packages) {
  std::vector<store::PackageFacts> facts;
  facts.reserve(packages.size());
  for (const Package& package : packages) {
    facts.push_back(
        store::facts_of(ips::summarize(manifest_of(package, 0, time_of_build(0))), {}, {}));
  }
  return facts;
}

void add_build(store::Repository& repository, const std::vector<Package>& packages,
               std::vector<store::PackageFacts>& facts, unsigned build) {
  const Time time = time_of_build(build);
  const store::MetasetWriter::Options options{"bench", fmt::format("build {}", build), time, true};
  repository.write_metaset(options, [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
    const store::PublisherId publisher = writer.publisher(kPublisher);
    for (std::size_t i = 0; i < packages.size(); ++i) {
      const std::string text = manifest_of(packages[i], build, time);
      facts[i].version = *ips::Fmri::parse(fmri_of(packages[i], build, time)).version;
      facts[i].manifest_sha1 = sha1_of(text);
      facts[i].manifest = writer.put_manifest(text);
      writer.add(publisher, facts[i]);
    }
  });
}

// A package with two payloads, as `metaset publish` and `metaset commit` make it.
void add_payloads(store::Repository& repository, std::string& small, std::string& large) {
  const TemporaryDirectory directory;
  write_file_atomically(join_path(directory.path(), "small"), noise("small", kSmallPayload), false);
  write_file_atomically(join_path(directory.path(), "large"), noise("large", kLargePayload), false);
  small = to_hex(sha1_of(noise("small", kSmallPayload)));
  large = to_hex(sha1_of(noise("large", kLargePayload)));
  depot::PublishOptions options;
  options.prototypes = {directory.path()};
  options.who = "bench";
  const std::string manifest = fmt::format(
      "set name=pkg.fmri value=pkg://{}/bench/payloads@1.0,5.11-1\n"
      "file small path=small owner=root group=bin mode=0444\n"
      "file large path=large owner=root group=bin mode=0444\n",
      kPublisher);
  depot::publish_package(repository, manifest, "bench/payloads", options);
  store::commit(repository, {});
}

}  // namespace

void load(const std::string& corpus, const std::string& root, unsigned builds) {
  const auto start = Clock::now();
  const auto packages = read_corpus(corpus, {});
  auto facts = facts_of_all(packages);
  store::Repository::create(root, {std::string(kPublisher)}, depot::default_config(kPublisher),
                            {"bench", "repository created", time_of_build(0), true});
  store::Repository repository(root, store::Access::kWrite);
  for (unsigned build = 1; build <= builds; ++build) add_build(repository, packages, facts, build);
  std::string small;
  std::string large;
  add_payloads(repository, small, large);
  const double loaded = seconds_since(start);
  const auto start_finish = Clock::now();
  store::finish_commit(repository);
  const double finished = seconds_since(start_finish);

  Nearest small_manifest(kSmallManifest);
  Nearest large_manifest(kLargeManifest);
  for (const Package& package : packages) {
    const std::string fmri = fmri_of(package, builds, time_of_build(builds));
    const std::size_t size = manifest_of(package, builds, time_of_build(builds)).size();
    small_manifest.offer(fmri, size);
    large_manifest.offer(fmri, size);
  }
  fmt::print(
      "{{\"versions\": {}, \"load_seconds\": {:.1f}, \"catalog_seconds\": {:.1f}, "
      "\"database_bytes\": {}, \"small_manifest\": \"{}\", \"large_manifest\": \"{}\", "
      "\"small_payload\": \"{}\", \"large_payload\": \"{}\"}}\n",
      packages.size() * builds, loaded, finished, repository.committed().statistics().used_bytes,
      small_manifest.fmri(), large_manifest.fmri(), small, large);
}

}  // namespace metaset::bench
