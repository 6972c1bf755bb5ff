#include "metaset/store/catalog_files.h"

#include <set>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/store/active.h"
#include "metaset/store/layout.h"

#include "store/shared_directory.h"

namespace metaset::store {

namespace {

constexpr std::size_t kMaxRemembered = 100'000;   // digests
constexpr std::size_t kMaxAttrsBytes = 16 << 20;  // rendered catalog.attrs
constexpr std::uint64_t kMaxKnownFile = 100;
constexpr std::int64_t kPruneAge = 3600;  // seconds; a slow download may still be reading

// Bytes of a file and of its .gz, written side by side.
class TwinFile {
 public:
  explicit TwinFile(const std::string& directory)
      : plain_(directory, {}), packed_(directory, {}), gzip_(kMetadataLevel) {}
  void write(std::string_view bytes) {
    plain_.write(bytes);
    gzip_.write(bytes, buffer_);
    if (buffer_.size() > (64 << 10)) flush();
  }
  std::uint64_t commit(const std::string& path) {
    gzip_.finish(buffer_);
    flush();
    // A name that a crash took away is no loss, one with less than its content would be.
    plain_.sync();
    packed_.sync();
    plain_.commit_as(path, false);
    packed_.commit_as(path + ".gz", false);
    return packed_size_;
  }

 private:
  void flush() {
    packed_size_ += buffer_.size();
    packed_.write(buffer_);
    buffer_.clear();
  }
  AtomicFile plain_, packed_;
  GzipStream gzip_;
  std::string buffer_;
  std::uint64_t packed_size_ = 0;
};

// Depends on nothing but the key; sixteen locks let different files be rendered at once.
std::string lock_path(const std::string& repository, const std::string& known_path) {
  return join_path(catalog_directory(repository),
                   "lock." + known_path.substr(known_path.size() - 1));
}

// Where none can be kept. Clients must not notice: they give up after an error.
CatalogFile in_memory(const View& view, const CatalogFileName& file) {
  auto text = std::make_shared<std::string>();
  const auto digest =
      render_catalog_file(view, file, [&](std::string_view bytes) { text->append(bytes); });
  CatalogFile result;
  result.sha1 = digest.sha1;
  result.size = digest.size;
  result.text = std::move(text);
  return result;
}

}  // namespace

CatalogFiles::CatalogFiles(std::string repository) : repository_(std::move(repository)) {}

// The digest of the metaset that gave the file its content is part of the name: after a restore
// from a backup, a number can come to mean something else.
std::string CatalogFiles::known_path(const View& view, const CatalogFileName& file) const {
  std::string identity = file.key();
  if (const auto record = View::record_of(view.env(), view.txn(), file.changed_in)) {
    identity.append(bytes_of(record->digest));
  }
  return join_path(join_path(catalog_directory(repository_), "known"), to_hex(sha1_of(identity)));
}

void CatalogFiles::remember(const std::string& key, const CatalogFileRecord& record) {
  const std::lock_guard lock(mutex_);
  if (digests_.size() >= kMaxRemembered) digests_.clear();
  digests_[key] = record;
}

std::optional<CatalogFileRecord> CatalogFiles::known(const View& view,
                                                     const CatalogFileName& file) {
  const std::string key = file.key();
  {
    const std::lock_guard lock(mutex_);
    const auto place = digests_.find(key);
    if (place != digests_.end()) return place->second;
  }
  if (const auto row = view.txn().get(view.env().table(kCatalogFiles), key)) {
    return CatalogFileRecord::decode(*row);
  }
  const auto text = read_file_if_exists(known_path(view, file), kMaxKnownFile);
  if (!text) return std::nullopt;
  try {
    const CatalogFileRecord record = CatalogFileRecord::decode(*text);
    remember(key, record);
    return record;
  } catch (const Error&) {
    return std::nullopt;  // cut short by a crash: render again
  }
}

bool CatalogFiles::on_disk(CatalogFile& file) const {
  const std::string relative = catalog_path(to_hex(file.sha1));
  const std::string path = join_path(repository_, relative);
  const auto plain = file_info(path);
  const auto packed = file_info(path + ".gz");
  if (!plain || !packed || plain->size != file.size) return false;
  file.path = relative;
  file.gzip_size = packed->size;
  return true;
}

CatalogFile CatalogFiles::render(const View& view, const CatalogFileName& file) {
  CatalogFile result;
  TwinFile twin(catalog_directory(repository_));
  const auto digest =
      render_catalog_file(view, file, [&](std::string_view bytes) { twin.write(bytes); });
  result.sha1 = digest.sha1;
  result.size = digest.size;
  result.path = catalog_path(to_hex(digest.sha1));
  const std::string path = join_path(repository_, result.path);
  make_shared_directory(path.substr(0, path.rfind('/')));
  result.gzip_size = twin.commit(path);
  const CatalogFileRecord record{result.sha1, result.size};
  const std::string note = known_path(view, file);
  make_shared_directory(note.substr(0, note.rfind('/')));
  write_file_atomically(note, record.encode(), false);
  return result;
}

CatalogFile CatalogFiles::get(const View& view, const CatalogFileName& file) {
  CatalogFile result;
  const auto find = [&] {
    const auto record = known(view, file);
    if (!record) return false;
    result.sha1 = record->sha1;
    result.size = record->size;
    return on_disk(result);
  };
  const auto make = [&] {
    if (!can_write_catalog(repository_)) return in_memory(view, file);
    try {
      const FileLock lock(lock_path(repository_, known_path(view, file)));
      return find() ? result : render(view, file);  // somebody else may have done it meanwhile
    } catch (const Error& error) {
      if (!is_of_the_disk(error)) throw;
      return in_memory(view, file);
    }
  };
  if (!find()) {
    result = make();
    remember(file.key(), {result.sha1, result.size});
  }
  result.last_modified = file.last_modified;
  return result;
}

CatalogFileRecord CatalogFiles::digest(const View& view, const CatalogFileName& file) {
  if (const auto record = known(view, file)) return *record;
  if (file.log) {
    // Hardly anybody asks for an old log, and a metaset may have thousands of them: their digests
    // are all that catalog.attrs needs.
    const auto digest = render_catalog_file(view, file, [](std::string_view) {});
    const CatalogFileRecord record{digest.sha1, digest.size};
    remember(file.key(), record);
    return record;
  }
  const CatalogFile made = get(view, file);
  return {made.sha1, made.size};
}

std::shared_ptr<const AttrsFile> CatalogFiles::attrs(const View& view, const Publisher& publisher) {
  const auto key = std::pair(publisher.id, view.number());
  {
    const std::lock_guard lock(mutex_);
    const auto place = attrs_.find(key);
    if (place != attrs_.end()) return place->second;
  }
  const PublisherState state = view.state(publisher.id);
  ips::CatalogAttrs attrs;
  attrs.created = state.created;
  attrs.last_modified = state.last_modified;
  attrs.package_count = state.packages;
  attrs.package_version_count = state.package_versions;
  attrs.utf8_feature = state.utf8_feature;
  for (const CatalogFileName& file : list_catalog_files(view, publisher, state)) {
    auto& list = file.log ? attrs.updates : attrs.parts;
    list.push_back({file.name, file.last_modified, digest(view, file).sha1});
  }
  auto made = std::make_shared<AttrsFile>();
  made->text = ips::write_attrs(attrs);
  made->gzip = gzip(made->text, kMetadataLevel);
  made->sha1 = sha1_of(made->text);
  made->last_modified = state.last_modified;
  const std::lock_guard lock(mutex_);
  attrs_bytes_ += made->text.size() + made->gzip.size();
  if (attrs_bytes_ > kMaxAttrsBytes) {
    attrs_.clear();
    attrs_bytes_ = made->text.size() + made->gzip.size();
  }
  attrs_[key] = made;
  return made;
}

void CatalogFiles::forget() {
  const std::lock_guard lock(mutex_);
  digests_.clear();
  attrs_.clear();
  attrs_bytes_ = 0;
}

void CatalogFiles::materialize(const View& view) {
  for (const Publisher& publisher : view.publishers()) {
    const PublisherState state = view.state(publisher.id);
    for (const CatalogFileName& file : list_catalog_files(view, publisher, state)) {
      // Old logs are rendered when somebody asks; their digests are known.
      if (!file.log || !known(view, file)) get(view, file);
    }
  }
}

void CatalogFiles::record(const View& view, lmdb::WriteTxn& txn) {
  for (const Publisher& publisher : view.publishers()) {
    const PublisherState state = view.state(publisher.id);
    for (const CatalogFileName& file : list_catalog_files(view, publisher, state)) {
      const auto made = known(view, file);
      if (made) txn.insert(view.env().table(kCatalogFiles), file.key(), made->encode());
    }
  }
}

CatalogFiles::Pruned CatalogFiles::prune(const lmdb::Env& env, const lmdb::Txn& txn, unsigned keep,
                                         bool dry_run) {
  std::set<std::string> wanted;
  std::set<MetasetNumber> numbers{View::active_number(env, txn)};
  if (const auto next = pending_schedule(env, txn)) numbers.insert(next->number);
  for (MetasetNumber n = View::latest_number(env, txn); n > 0 && keep > 0; --n, --keep) {
    numbers.insert(n);
  }
  for (const MetasetNumber number : numbers) {
    const View view(env, txn, number);
    for (const Publisher& publisher : view.publishers()) {
      for (const auto& file : list_catalog_files(view, publisher, view.state(publisher.id))) {
        const std::string note = known_path(view, file);
        wanted.insert(note.substr(note.rfind('/') + 1));
        if (const auto made = known(view, file)) wanted.insert(to_hex(made->sha1));
      }
    }
  }
  Pruned result;
  const std::int64_t before = now().seconds() - kPruneAge;
  const std::string top = catalog_directory(repository_);
  for (const std::string& sub : list_directory(top)) {
    if (sub.size() != 2 && sub != "known") continue;
    const std::string directory = join_path(top, sub);
    for (const std::string& name : list_directory(directory)) {
      const std::string path = join_path(directory, name);
      const auto info = file_info(path);
      const bool used = wanted.count(name.substr(0, name.find('.'))) != 0;
      if (used || !info || !info->is_regular || info->modified >= before) continue;
      if (!dry_run) remove_file(path);
      ++result.files;
      result.bytes += info->size;
    }
  }
  return result;
}

}  // namespace metaset::store
