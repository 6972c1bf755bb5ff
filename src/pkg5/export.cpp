#include "metaset/pkg5/export.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "metaset/base/atomic_directory.h"
#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/parallel.h"
#include "metaset/base/percent.h"
#include "metaset/store/catalog_render.h"
#include "metaset/store/payload_claims.h"
#include "metaset/store/payload_lock.h"
#include "metaset/store/version_changes.h"

#include "pkg5/copying.h"

namespace metaset::pkg5 {

namespace {

void write_new_file(const std::string& path, std::string_view bytes) {
  const Fd fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
  write_all(fd.get(), bytes, path);
}

class Exporter {
 public:
  Exporter(store::Repository& source, const std::string& directory, const ExportOptions& options,
           const ProgressCallback& callback, ExportResult& result)
      : source_(source),
        directory_(directory),
        options_(options),
        callback_(callback),
        result_(result) {}

  void write_metadata(const store::View& view) {
    choose_publishers(view);
    write_configuration(view);
    ProgressPhase catalogs(callback_, "catalogs", publishers_.size());
    for (const store::Publisher& publisher : publishers_) {
      write_catalog(view, publisher);
      catalogs.step();
    }
    std::uint64_t manifests = 0;
    for (const ExportedPublisher& publisher : result_.publishers) {
      manifests += publisher.package_versions;
    }
    ProgressPhase progress(callback_, "manifests", manifests);
    for (std::size_t i = 0; i < publishers_.size(); ++i) write_manifests(view, i, progress);
  }

  void write_payloads() {
    const auto claims = claims_.take();
    std::vector<PayloadJob> jobs;
    for (const auto& entry : claims) add_job(jobs, entry);
    ProgressPhase progress(callback_, "payloads", jobs.size());
    result_.payloads = jobs.size();
    run_parallel(
        jobs.size(), thread_count(options_.threads),
        [&](std::size_t index) { return write_payload(jobs[index]); },
        [&](WrittenPayload&& written) { count(written, progress); });
    std::ranges::sort(result_.missing, {}, &BadPayload::name);
    if (options_.allow_missing_payloads || result_.missing.empty()) return;
    std::string message;
    append_bad_payloads(result_.missing, "missing", message);
    throw Error(Code::kNotFound, message);
  }

 private:
  struct PayloadJob {
    std::string name;
    std::uint32_t package = 0;
    std::set<std::uint32_t> publishers;
  };
  struct WrittenPayload {
    const PayloadJob* job = nullptr;
    std::uint64_t csize = 0;
    bool missing = false;
    std::vector<store::Adoption> adoptions;  // one for each publisher
  };

  std::string below(const store::Publisher& publisher, std::string_view what = {}) const {
    return join_path(join_path(directory_, "publisher/" + publisher.prefix), what);
  }

  void choose_publishers(const store::View& view) {
    for (const std::string& prefix : options_.publishers) {
      if (!view.publisher(prefix)) {
        throw Error(Code::kNotFound,
                    fmt::format("metaset {} has no publisher {}", view.number(), prefix));
      }
    }
    for (store::Publisher& publisher : view.publishers()) {
      const bool wanted =
          options_.publishers.empty() ||
          std::ranges::find(options_.publishers, publisher.prefix) != options_.publishers.end();
      if (!wanted) continue;
      const store::PublisherState state = view.state(publisher.id);
      result_.publishers.push_back({publisher.prefix, state.packages, state.package_versions});
      publishers_.push_back(std::move(publisher));
    }
  }

  // The stock tools take the default publisher for existing, so it has to be one that is exported.
  std::string default_publisher(const store::View& view) const {
    const auto first = view.default_publisher();
    const bool exported = first && std::ranges::find(publishers_, first->id,
                                                     &store::Publisher::id) != publishers_.end();
    if (exported) return first->prefix;
    return first && publishers_.size() == 1 ? publishers_.front().prefix : "";
  }

  void write_configuration(const store::View& view) const {
    write_new_file(join_path(directory_, "pkg5.repository"),
                   repository_ini(view.config(0).value_or("{}"), default_publisher(view)));
    make_directories(join_path(directory_, "publisher"));
  }

  void write_catalog(const store::View& view, const store::Publisher& publisher) const {
    const std::string catalog = below(publisher, "catalog");
    make_directories(catalog);
    const auto attrs = source_.catalog_files().attrs(view, publisher);
    for (const auto& file : store::list_catalog_files(view, publisher, view.state(publisher.id))) {
      AtomicFile out(catalog, join_path(catalog, file.name));
      store::render_catalog_file(view, file, [&](std::string_view bytes) { out.write(bytes); });
      out.commit(false);
    }
    AtomicFile out(catalog, join_path(catalog, "catalog.attrs"));
    out.write(attrs->text);
    out.commit(false);
    if (const auto p5i = view.config(publisher.id)) {
      write_new_file(below(publisher, "pub.p5i"), *p5i);
    }
  }

  void write_manifests(const store::View& view, std::size_t which, ProgressPhase& progress) {
    const store::Publisher& publisher = publishers_[which];
    std::string current, directory;
    view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
      if (name != current) {
        current = name;
        directory = below(publisher, "pkg/" + percent_encode(name));
        make_directories(directory);
      }
      const std::string text = store::require_manifest(view, publisher.prefix, name, entry).text();
      write_new_file(join_path(directory, percent_encode(entry.version)), text);
      packages_.push_back("pkg://" + publisher.prefix + "/" + current + "@" + entry.version);
      add_claims(text, static_cast<std::uint32_t>(which));
      ++result_.manifests;
      progress.step(text.size());
      return true;
    });
  }

  void add_claims(const std::string& manifest, std::uint32_t publisher) {
    try {
      claims_.add(store::payload_claims(manifest), static_cast<std::uint32_t>(packages_.size() - 1),
                  publisher);
    } catch (Error& error) {
      throw error.during("reading the manifest of " + packages_.back());
    }
  }

  // Claims of one payload are neighbours.
  static void add_job(std::vector<PayloadJob>& jobs, const store::ClaimSet::Entry& entry) {
    std::string name = entry.claim.hex_name();
    if (jobs.empty() || jobs.back().name != name) {
      jobs.push_back({std::move(name), entry.package, {}});
    }
    jobs.back().publishers.insert(entry.publisher);
  }

  WrittenPayload write_payload(const PayloadJob& job) const {
    const store::PayloadStore& payloads = source_.payloads();
    WrittenPayload written{&job, 0, false, {}};
    const auto csize = payloads.csize(job.name);
    written.missing = !csize;
    written.csize = csize.value_or(0);
    if (written.missing) return written;
    for (const std::uint32_t publisher : job.publishers) {
      // The layout below a publisher is that of a payload store.
      store::PayloadStore target(below(publishers_[publisher]));
      written.adoptions.push_back(target.adopt(payloads.path(job.name), job.name));
    }
    return written;
  }

  void count(const WrittenPayload& written, ProgressPhase& progress) {
    std::uint64_t bytes = 0;
    for (const store::Adoption adoption : written.adoptions) {
      const bool linked = adoption == store::Adoption::kLinked;
      ++(linked                                    ? result_.linked
         : adoption == store::Adoption::kReflinked ? result_.reflinked
                                                   : result_.copied);
      if (!linked) bytes += written.csize;
    }
    if (written.missing) {
      result_.missing.push_back({written.job->name, packages_[written.job->package], ""});
    }
    result_.payload_bytes += bytes;
    progress.step(bytes);
  }

  store::Repository& source_;
  const std::string& directory_;
  const ExportOptions& options_;
  const ProgressCallback& callback_;
  ExportResult& result_;
  std::vector<store::Publisher> publishers_;
  std::vector<std::string> packages_;  // FMRIs, of which claims have the number
  store::ClaimSet claims_;
};

}  // namespace

void export_metaset(store::Repository& source, store::MetasetNumber number,
                    const std::string& destination, const ExportOptions& options,
                    const ProgressCallback& callback, ExportResult& result) {
  result = {};
  const auto use = store::PayloadUse::if_allowed(source.root());
  AtomicDirectory directory(destination);
  Exporter exporter(source, directory.path(), options, callback, result);
  {
    // Given back before payloads, which can take long.
    const lmdb::Env& env = std::as_const(source).committed();
    const lmdb::ReadTxn txn(env);
    const store::View view(env, txn, number);
    view.record();
    exporter.write_metadata(view);
  }
  exporter.write_payloads();
  ProgressPhase progress(callback, "files", 1);
  directory.commit();
  progress.step();
}

}  // namespace metaset::pkg5
