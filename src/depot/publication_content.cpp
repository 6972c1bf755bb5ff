// What is sent between opening and closing: actions, payloads, manifests.
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/depot/elf.h"
#include "metaset/depot/publication.h"
#include "metaset/ips/line_characters.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/incoming_payload.h"

#include "depot/package_kind.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kBodyBlock = 64 << 10;
constexpr std::string_view kElfMagic =
    "\x7f"
    "ELF";
const std::string kAnyHash(40, '0');

ips::Action build_action(std::string_view type, const Publication::Attributes& attributes) {
  const auto known = ips::type_from_name(type);
  if (!known) {
    throw Error(Code::kInvalid, fmt::format("The specified Action Type, '{}', is not valid.",
                                            type.empty() ? std::string_view("None") : type));
  }
  ips::Action action(*known, ips::has_payload(*known) ? kAnyHash : std::string());
  for (const auto& [key, values] : attributes) {
    for (const std::string& value : values) action.add(key, value);
  }
  return action;
}

// The action as it will be read back, when all its rules are kept.
ips::Action checked(const ips::Action& action) {
  const std::string text = action.text();
  if (const auto bad = ips::bad_characters(text)) {
    throw Error(Code::kInvalid, fmt::format("The action '{}' has {}.", text, *bad));
  }
  ips::Action parsed = [&text] {
    try {
      return ips::Action::parse(text);
    } catch (const Error& error) {
      throw Error(Code::kInvalid, fmt::format("invalid action, '{}': {}", text, error.message()));
    }
  }();
  const auto problems = ips::broken_rules(parsed);
  if (!problems.empty()) {
    throw Error(Code::kInvalid, fmt::format("The action '{}' has invalid attribute(s):\n  {}", text,
                                            fmt::join(problems, "\n  ")));
  }
  return parsed;
}

bool names_package(const ips::Action& action) {
  const std::string* name = action.value("name");
  return action.type() == ips::ActionType::kSet && name != nullptr && *name == "pkg.fmri";
}

// A copy of a body that is being read, for those who have to look at it again as a file.
class BodyCopy {
 public:
  BodyCopy(const std::string& directory, std::string_view first)
      : file_(directory, join_path(directory, "unused")) {
    file_.write(first);
  }
  BodyReader reading(const BodyReader& body) {
    return [this, &body](char* buffer, std::size_t size) {
      const std::size_t got = body(buffer, size);
      file_.write(std::string_view(buffer, got));
      return got;
    };
  }
  const std::string& path() const { return file_.temporary_path(); }

 private:
  AtomicFile file_;  // never committed: it is gone with this object
};

// protocol/http.md section 7.4: what the depot adds to a payload action.
void describe(ips::Action& action, const store::PayloadFacts& facts) {
  action.set_hash(facts.name);
  action.set("chash", to_hex(facts.chash));
  action.set("pkg.csize", std::to_string(facts.csize));
  action.set("pkg.content-hash", "gzip:sha512t_256:" + to_hex(facts.gzip_sha512t));
}

// Whether a text ends with these lines already. Clients repeat a request whose answer was lost
// (protocol/http.md section 2.2): then it is the same content, not the same content once more.
bool ends_with_lines(std::string_view text, std::string_view lines) {
  if (lines.empty() || !text.ends_with(lines)) return false;
  text.remove_suffix(lines.size());
  return text.empty() || text.back() == '\n';
}

std::string decoded(std::string_view body) {
  if (!body.starts_with("\x1f\x8b")) return std::string(body);
  try {
    return gunzip(body, kMaxUploadedManifest);
  } catch (const Error& error) {
    throw Error(error.code() == Code::kLimit ? Code::kLimit : Code::kInvalid,
                "The manifest cannot be uncompressed: " + error.message());
  }
}

}  // namespace

UploadedPayload Publication::receive(const Caller& caller, std::string_view id,
                                     const std::optional<std::string>& basename,
                                     const BodyReader& body, std::string first) {
  using Form = store::IncomingPayload::Form;
  store::IncomingPayload incoming(transactions_.upload_directory(caller.owner, id),
                                  basename ? Form::kGzip : Form::kContent);
  std::uint64_t size = first.size();
  try {
    if (!first.empty()) incoming.write(first);
    std::string block(kBodyBlock, '\0');
    while (const std::size_t got = body(block.data(), block.size())) {
      size += got;
      if (size > limits_.payload_bytes) {
        throw Error(Code::kLimit,
                    fmt::format("The payload is longer than {} bytes.", limits_.payload_bytes));
      }
      incoming.write(std::string_view(block.data(), got));
    }
    incoming.finish();
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    throw Error(Code::kInvalid,
                fmt::format("The payload {} is not a gzip file: {}", *basename, error.message()));
  }
  UploadedPayload payload{incoming.facts(), true};
  if (basename) {
    if (!incoming.has_name(*basename)) {
      throw Error(Code::kInvalid,
                  fmt::format("The specified basename, '{}', is not the hash of the content: "
                              "its SHA-1 is {}",
                              *basename, payload.facts.name));
    }
    payload.facts.name = *basename;
  }
  Transaction transaction = transactions_.open(caller.owner, id);
  payload.kept = !repository_.payloads().promise(payload.facts.name);
  if (payload.kept) {
    incoming.keep_as(transaction.payload_path(payload.facts.name));
  } else if (!basename) {
    // What is there is never replaced, so its hashes are the ones that count.
    const auto stored = repository_.payloads().compressed_facts(payload.facts.name);
    payload.facts.csize = stored.csize;
    payload.facts.chash = stored.chash;
    payload.facts.gzip_sha512t = stored.gzip_sha512t;
  }
  transaction.note_payload(payload);
  return payload;
}

void Publication::upload(const Caller& caller, std::string_view id,
                         const std::optional<std::string>& basename, const BodyReader& body) {
  if (basename) {
    // Before a byte is read: a name with '/' or '.' must not get near the file system.
    transactions_.open(caller.owner, id).payload_path(*basename);
  }
  try {
    receive(caller, id, basename, body, {});
  } catch (const Error& error) {
    audit_.note(
        {caller.owner.who, caller.address, "upload-refused", std::string(id), error.message()});
    throw;
  }
}

void Publication::add_payload(const Caller& caller, std::string_view id, const BodyReader& body,
                              std::string first, ips::Action& action) {
  const bool sent = !first.empty();
  UploadedPayload payload;
  if (first.starts_with(kElfMagic) && !has_elf_attributes(action)) {
    BodyCopy copy(transactions_.upload_directory(caller.owner, id), first);
    payload = receive(caller, id, std::nullopt, copy.reading(body), std::move(first));
    if (const auto facts = elf_facts_of_file(copy.path())) set_elf_attributes(action, *facts);
  } else {
    payload = receive(caller, id, std::nullopt, body, std::move(first));
  }
  if (sent) action.set("pkg.size", std::to_string(payload.facts.size));
  describe(action, payload.facts);
}

void Publication::add(const Caller& caller, std::string_view id, std::string_view type,
                      const Attributes& attributes, const BodyReader& body) {
  ips::Action action = build_action(type, attributes);
  std::string first(kBodyBlock, '\0');
  first.resize(body(first.data(), first.size()));
  if (!first.empty() && action.value("pkg.size") == nullptr) action.set("pkg.size", "0");
  action = checked(action);
  if (names_package(action)) {
    throw Error(Code::kInvalid, "The name of a package is set by opening its transaction.");
  }
  {
    const Transaction transaction = transactions_.open(caller.owner, id);
    if (transaction.record().append) require_signatures(action.text());
    check_kind(transaction.manifest(), action);
  }
  if (ips::has_payload(action.type())) {
    const bool sent = !first.empty();
    // A signature may have no payload; files and licences without content have the empty file.
    if (sent || action.type() != ips::ActionType::kSignature) {
      add_payload(caller, id, body, std::move(first), action);
    } else {
      action.set_hash({});
    }
  }
  Transaction transaction = transactions_.open(caller.owner, id);
  const std::string manifest = transaction.manifest(), line = action.text();
  if (ends_with_lines(manifest, line + "\n")) return;
  check_kind(manifest, action);
  transaction.add_line(line);
}

void Publication::add_manifest(const Caller& caller, std::string_view id, std::string_view body) {
  std::string lines = decoded(body);
  if (!lines.empty() && lines.back() != '\n') lines.push_back('\n');
  Transaction transaction = transactions_.open(caller.owner, id);
  std::string text = transaction.manifest();
  if (ends_with_lines(text, lines)) return;
  text += lines;
  const auto problems = ips::check_manifest(text, ips::Completeness::kUnfinished);
  if (!problems.empty()) {
    throw Error(Code::kInvalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  if (transaction.record().append) require_signatures(lines);
  transaction.replace_manifest(text);
}

}  // namespace metaset::depot
