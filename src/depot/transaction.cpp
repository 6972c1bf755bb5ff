#include "metaset/depot/transaction.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/layout.h"

#include "depot/transaction_files.h"

namespace metaset::depot {

namespace {

constexpr std::uint64_t kMaxPayloadLines = 512 << 20;

// name size csize chash content-sha512t gzip-sha512t kept
std::string payload_line(const UploadedPayload& payload) {
  const store::PayloadFacts& facts = payload.facts;
  return fmt::format("{} {} {} {} {} {} {}\n", facts.name, facts.size, facts.csize,
                     to_hex(facts.chash), to_hex(facts.content_sha512t), to_hex(facts.gzip_sha512t),
                     payload.kept ? 1 : 0);
}

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::uint64_t take_number(std::string_view& line) {
  const std::string_view word = take_word(line);
  std::uint64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

// nullopt for a line that a crash cut short.
std::optional<UploadedPayload> parse_payload_line(std::string_view line) {
  UploadedPayload payload;
  payload.facts.name = take_word(line);
  payload.facts.size = take_number(line);
  payload.facts.csize = take_number(line);
  const auto chash = sha1_from_hex(take_word(line));
  const auto content = sha256_from_hex(take_word(line));
  const auto gzip = sha256_from_hex(take_word(line));
  if (!chash || !content || !gzip) return std::nullopt;
  payload.facts.chash = *chash;
  payload.facts.content_sha512t = *content;
  payload.facts.gzip_sha512t = *gzip;
  payload.kept = line == "1";
  return payload;
}

struct LineEnd {
  off_t end;  // behind the last complete line: what follows was cut short by a crash or a full disk
  off_t size;  // of the file
};

LineEnd end_of_lines(const Fd& fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error(errno, "examine", path);
  char last = '\n';
  if (status.st_size > 0 && ::pread(fd.get(), &last, 1, status.st_size - 1) < 0) {
    throw system_error(errno, "read", path);
  }
  if (last == '\n') return {status.st_size, status.st_size};
  const std::string text = read_all(fd.get(), path, static_cast<std::uint64_t>(status.st_size));
  return {static_cast<off_t>(text.rfind('\n') + 1), status.st_size};
}

// The line does not become part of one that was cut short. `first` is in front of the first one.
void append_line(const std::string& path, const std::string& line, const std::string& first = {}) {
  const Fd fd = open_file(path, O_RDWR | O_CREAT);
  const auto [end, size] = end_of_lines(fd, path);
  // Only if there is something to cut: some file systems write a truncated file to the disk then.
  if ((end < size && ::ftruncate(fd.get(), end) != 0) || ::lseek(fd.get(), end, SEEK_SET) < 0) {
    throw system_error(errno, "write", path);
  }
  write_all(fd.get(), end == 0 ? first + line : line, path);
}

}  // namespace

void discard_transaction(const std::string& directory) {
  // Its name is free at once, for a new one, and those that wait for it see that it is gone
  // (Transactions::open). What is removed then is beside it. It is removed in place only on disks
  // so full that nothing can be renamed.
  std::string aside = directory;
  aside.insert(directory.rfind('/') + 1, kUnfinished);
  if (std::rename(directory.c_str(), aside.c_str()) != 0) {
    remove_tree(aside);  // of an earlier one with that name
    if (std::rename(directory.c_str(), aside.c_str()) != 0) {
      aside = directory;
      remove_file(join_path(directory, "record"));
    }
  }
  try {
    remove_tree(aside);
  } catch (const Error&) {
    // It is no transaction any more; expire() removes the rest.
  }
}

Transaction::Transaction(std::string directory, Fd lock, TransactionRecord record)
    : directory_(std::move(directory)), lock_(std::move(lock)), record_(std::move(record)) {}

std::string Transaction::manifest() const {
  auto text = read_file_if_exists(join_path(directory_, "manifest"), ips::kMaxManifestText);
  if (text) text->erase(text->rfind('\n') + 1);
  return text && !text->empty() ? *std::move(text) : first_line();
}

std::string Transaction::first_line() const {
  if (record_.append) return {};
  return "set name=pkg.fmri value=" + record_.fmri.text() + "\n";
}

void Transaction::add_line(std::string_view line) {
  const std::string path = join_path(directory_, "manifest");
  const auto info = file_info(path);
  if (info && info->size + line.size() + 1 > ips::kMaxManifestText) {
    throw Error(Code::kLimit, fmt::format("The manifest of {} would be longer than {} bytes.",
                                          record_.fmri.text(), ips::kMaxManifestText));
  }
  append_line(path, std::string(line) + "\n", first_line());
}

void Transaction::replace_manifest(std::string_view text) {
  write_file_atomically(join_path(directory_, "manifest"), text, false);
}

std::map<std::string, UploadedPayload> Transaction::payloads() const {
  std::map<std::string, UploadedPayload> result;
  const auto text = read_file_if_exists(join_path(directory_, "payloads"), kMaxPayloadLines);
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (auto payload = parse_payload_line(rest.substr(0, end))) {
      UploadedPayload& known = result[payload->facts.name];
      // The same content may be sent twice; the file is there if either upload left it.
      payload->kept = payload->kept || known.kept;
      known = *std::move(payload);
    }
    rest.remove_prefix(end + 1);
  }
  return result;
}

void Transaction::note_payload(const UploadedPayload& payload) {
  append_line(join_path(directory_, "payloads"), payload_line(payload));
}

std::string Transaction::payload_path(std::string_view name) const {
  if (!store::is_payload_name(name)) {
    throw Error(Code::kInvalid, fmt::format("The specified basename, '{}', is invalid.", name));
  }
  return join_path(directory_, name);
}

void Transaction::note_closed() noexcept {
  // Without the mark the name stays taken until the transaction is removed.
  std::ignore = ::fchmod(lock_.get(), kClosedMode);
}

void Transaction::remove() { discard_transaction(directory_); }

}  // namespace metaset::depot
