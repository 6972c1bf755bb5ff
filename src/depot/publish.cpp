#include "metaset/depot/publish.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/percent.h"
#include "metaset/depot/elf.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/payload_lock.h"

#include "depot/taken.h"

namespace metaset::depot {

namespace {

// What describes the bytes: always computed, never taken from the manifest that is published.
constexpr std::string_view kComputed[] = {"pkg.size", "pkg.csize", "chash",  "pkg.content-hash",
                                          "elfarch",  "elfbits",   "elfhash"};

bool is_package_name(const ips::Action& action) {
  const std::string* name = action.type() == ips::ActionType::kSet ? action.value("name") : nullptr;
  return name != nullptr && (*name == "pkg.fmri" || *name == "fmri");
}

std::string in_manifest(std::string_view source, std::size_t line) {
  return std::string(source) + " line " + std::to_string(line) + ": ";
}

// The file that holds an action's payload: the hash position names it, or the path if that is
// NOHASH.
std::string payload_file(const ips::Action& action, const std::vector<std::string>& prototypes,
                         const std::string& where) {
  std::string name = action.hash();
  if (name.empty() || name == "NOHASH") {
    const std::string* path = action.value("path");
    if (path == nullptr) {
      throw Error(Code::kInvalid,
                  where + std::string(ips::type_name(action.type())) +
                      " action names no file: put its file name in place of NOHASH");
    }
    name = *path;
  }
  while (!name.empty() && name.front() == '/') name.erase(0, 1);
  std::string tried;
  for (const std::string& directory : prototypes) {
    std::string candidate = join_path(directory, name);
    const auto info = file_info(candidate);
    if (info && info->is_regular) return candidate;
    tried += (tried.empty() ? "" : ", ") + directory;
  }
  throw Error(Code::kNotFound, where + "no file '" + name + "' in " +
                                   (tried.empty() ? "any directory: give one with -d" : tried));
}

void describe_payload(ips::Action& action, const store::PayloadFacts& facts,
                      const std::optional<ElfFacts>& elf) {
  for (const std::string_view key : kComputed) action.erase(key);
  action.set_hash(facts.name);
  action.set("chash", to_hex(facts.chash));
  action.set("pkg.size", std::to_string(facts.size));
  action.set("pkg.csize", std::to_string(facts.csize));
  if (elf) {
    set_elf_attributes(action, *elf);
    add_elf_content_hashes(action, *elf);
  }
  action.add("pkg.content-hash", "file:sha512t_256:" + to_hex(facts.content_sha512t));
  action.add("pkg.content-hash", "gzip:sha512t_256:" + to_hex(facts.gzip_sha512t));
}

// The FMRI under which it will be known: with publisher and timestamp.
ips::Fmri full_fmri(store::Repository& repository, ips::Fmri fmri, const PublishOptions& options) {
  if (fmri.publisher.empty()) fmri.publisher = default_prefix(repository, fmri);
  if (options.keep_timestamp && !fmri.version->timestamp().empty()) {
    if (is_taken(repository, fmri, options.area)) throw_taken(fmri);
    return fmri;
  }
  // A second publication within a second gets the next second, where the stock depot waits for it.
  for (Time time = now();; time.micros += 1'000'000) {
    fmri.version = fmri.version->with_timestamp(fmri_timestamp(time));
    if (!is_taken(repository, fmri, options.area)) return fmri;
  }
}

}  // namespace

Published publish_package(store::Repository& repository, std::string_view manifest,
                          std::string_view source, const PublishOptions& options) {
  // Payloads that are there already must stay until the package that needs them is staged.
  const store::PayloadUse use(repository.root());
  Published result;
  const ips::Fmri named = ips::summarize(manifest).fmri;
  if (named.name.empty() || !named.version) {
    throw Error(Code::kInvalid, std::string(source) + " sets no pkg.fmri with a version");
  }
  result.fmri = full_fmri(repository, named, options);
  std::vector<std::string> payloads;
  std::string text = "set name=pkg.fmri value=" + result.fmri.text() + "\n";
  ips::for_each_action(manifest, [&](ips::Action&& action, std::size_t line) {
    if (is_package_name(action)) return;
    if (action.type() == ips::ActionType::kSignature) {
      result.warnings.push_back(in_manifest(source, line) +
                                "signature left out: it signs another text");
      return;
    }
    if (ips::has_payload(action.type())) {
      const std::string file = payload_file(action, options.prototypes, in_manifest(source, line));
      const auto facts = repository.payloads().put_file(file);
      describe_payload(action, facts, elf_facts_of_file(file));
      payloads.push_back(facts.name);
      ++result.payloads;
      result.bytes += facts.size;
    }
    text += action.text() + "\n";
  });
  const std::vector<std::string> problems = ips::check_manifest(text);
  if (!problems.empty()) {
    std::string message = std::string(source) + " cannot be published:";
    for (const std::string& problem : problems) message += "\n  " + problem;
    throw Error(Code::kInvalid, message);
  }
  for (const std::string& name : payloads) {
    repository.payloads().assign(name, result.fmri.publisher);
  }
  repository.payloads().sync();
  store::MetasetNumber base = 0;
  {
    const lmdb::ReadTxn txn(repository.committed());
    base = store::View::latest_number(repository.committed(), txn);
  }
  store::Staging(repository.staging())
      .put(options.area, {options.who, base}, store::ChangeKind::kAdd, result.fmri, text);
  return result;
}

}  // namespace metaset::depot
