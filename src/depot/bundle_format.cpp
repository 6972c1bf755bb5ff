#include "depot/bundle_format.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/layout.h"
#include "metaset/store/tags.h"

namespace metaset::depot {

namespace {

constexpr std::string_view kBundleFormat = "metaset bundle 1";
constexpr std::string_view kHeaderPath = "metaset-bundle", kTagsPath = "tags",
                           kCollectedPath = "collected", kListPath = "payload-list",
                           kEndPath = "end";
constexpr std::string_view kMetasets = "metasets/", kStatements = "statements/",
                           kManifests = "manifests/", kPayloads = "file/", kGz = ".gz";

[[noreturn]] void no_bundle(std::string_view what) {
  throw Error(Code::kInvalid, fmt::format("not a bundle of metasets: {}", what));
}

// Without signs and leading zeros.
std::optional<std::uint64_t> parse_plain_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || std::to_string(number) != text) return std::nullopt;
  return number;
}

bool is_digest_name(std::string_view name) {
  return name.size() == 64 && store::is_payload_name(name);
}

std::optional<BundleMember> parse_path(std::string_view path) {
  if (path == kHeaderPath) return BundleMember{BundlePart::kHeader, 0, {}};
  if (path == kTagsPath) return BundleMember{BundlePart::kTags, 0, {}};
  if (path == kCollectedPath) return BundleMember{BundlePart::kCollected, 0, {}};
  if (path == kListPath) return BundleMember{BundlePart::kList, 0, {}};
  if (path == kEndPath) return BundleMember{BundlePart::kEnd, 0, {}};
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view directory = path.substr(0, slash + 1);
  std::string_view rest = path.substr(slash + 1);
  if (directory == kPayloads) {
    rest.remove_prefix(std::min(rest.find('/') + 1, rest.size()));
    return BundleMember{BundlePart::kPayload, 0, std::string(rest)};
  }
  if (directory == kStatements) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const auto number = parse_plain_number(rest.substr(0, end));
    if (!number) return std::nullopt;
    return BundleMember{BundlePart::kStatement, *number,
                        std::string(rest.substr(std::min(end + 1, rest.size())))};
  }
  if (!rest.ends_with(kGz)) return std::nullopt;
  rest.remove_suffix(kGz.size());
  if (directory == kManifests) return BundleMember{BundlePart::kManifest, 0, std::string(rest)};
  const auto number = parse_plain_number(rest);
  if (directory != kMetasets || !number) return std::nullopt;
  return BundleMember{BundlePart::kMetaset, *number, {}};
}

// The rest of the next line, which has to begin with a word.
std::string_view take_line(std::string_view& text, std::string_view word) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) no_bundle("its header is cut short");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.starts_with(word) || line.substr(word.size(), 1) != " ") {
    no_bundle(fmt::format("there is no '{}' where it should be", word));
  }
  return line.substr(word.size() + 1);
}

std::pair<store::MetasetNumber, Sha256> take_metaset(std::string_view& text,
                                                     std::string_view word) {
  const std::string_view line = take_line(text, word);
  const std::size_t space = std::min(line.find(' '), line.size());
  const auto number = parse_plain_number(line.substr(0, space));
  const auto digest = sha256_from_hex(line.substr(std::min(space + 1, line.size())));
  if (!number || !digest) no_bundle(fmt::format("what follows '{}' is no metaset", word));
  return {*number, *digest};
}

}  // namespace

std::string BundleMember::path() const {
  switch (part) {
    case BundlePart::kHeader:
      return std::string(kHeaderPath);
    case BundlePart::kMetaset:
      return fmt::format("{}{}{}", kMetasets, number, kGz);
    case BundlePart::kStatement:
      return fmt::format("{}{}/{}", kStatements, number, name);
    case BundlePart::kTags:
      return std::string(kTagsPath);
    case BundlePart::kCollected:
      return std::string(kCollectedPath);
    case BundlePart::kManifest:
      return fmt::format("{}{}{}", kManifests, name, kGz);
    case BundlePart::kList:
      return std::string(kListPath);
    case BundlePart::kPayload:
      return store::payload_path(name);
    case BundlePart::kEnd:
      break;
  }
  return std::string(kEndPath);
}

BundleMember BundleMember::of_path(std::string_view path) {
  const auto member = parse_path(path);
  const bool digest =
      member && (member->part == BundlePart::kStatement || member->part == BundlePart::kManifest);
  const bool payload = member && member->part == BundlePart::kPayload;
  const bool good = member && (!digest || is_digest_name(member->name)) &&
                    (!payload || store::is_payload_name(member->name));
  if (!good || member->path() != path) no_bundle(fmt::format("it has a file {}", path));
  return *member;
}

bool BundleMember::may_follow(const BundleMember& before) const {
  return std::tie(before.part, before.number, before.name) < std::tie(part, number, name);
}

std::string BundleHeader::text() const {
  return fmt::format("{}\nfrom {} {}\nto {} {}\npayloads {}\n", kBundleFormat, from,
                     to_hex(from_digest), to, to_hex(to_digest),
                     has_payloads ? "included" : "listed");
}

BundleHeader BundleHeader::parse(std::string_view text) {
  const std::string_view all = text;
  if (!text.starts_with(kBundleFormat) || text.substr(kBundleFormat.size(), 1) != "\n") {
    no_bundle("it does not begin like one that this program knows");
  }
  text.remove_prefix(kBundleFormat.size() + 1);
  BundleHeader header;
  std::tie(header.from, header.from_digest) = take_metaset(text, "from");
  std::tie(header.to, header.to_digest) = take_metaset(text, "to");
  header.has_payloads = take_line(text, "payloads") == "included";
  if (header.text() != all || header.from >= header.to ||
      (header.from == 0 && header.from_digest != Sha256{})) {
    no_bundle("its header is not in order");
  }
  return header;
}

std::string tags_text(const std::vector<MetasetTag>& tags) {
  std::string text;
  for (const MetasetTag& tag : tags) text += fmt::format("{} {}\n", tag.name, tag.number);
  return text;
}

std::vector<MetasetTag> parse_tags(std::string_view text) {
  std::vector<MetasetTag> tags;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto number = parse_plain_number(line.substr(std::min(space + 1, line.size())));
    const std::string_view name = line.substr(0, space);
    if (line.size() == text.size() || !number || !store::is_tag_name(name)) {
      no_bundle("its tags are not in order");
    }
    tags.push_back({std::string(name), *number});
    text.remove_prefix(line.size() + 1);
  }
  return tags;
}

std::string collected_text(const store::CollectedMetasets& collected) {
  std::string text;
  for (const auto& [first, last] : collected.ranges()) text += fmt::format("{} {}\n", first, last);
  return text;
}

store::CollectedMetasets parse_collected(std::string_view text) {
  const std::string_view all = text;
  store::CollectedMetasets collected;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto first = parse_plain_number(line.substr(0, space));
    const auto last = parse_plain_number(line.substr(std::min(space + 1, line.size())));
    if (line.size() == text.size() || !first || !last || *first == 0) {
      no_bundle("its list of collected metasets is not in order");
    }
    collected.add(*first, *last);
    text.remove_prefix(line.size() + 1);
  }
  if (collected_text(collected) != all) {
    no_bundle("its list of collected metasets is not in order");
  }
  return collected;
}

std::string missing_text(const std::vector<std::string>& missing) {
  constexpr std::size_t kListed = 20;
  std::string text = fmt::format("{} payloads are missing:", missing.size());
  for (std::size_t i = 0; i < missing.size() && i < kListed; ++i) text += "\n  " + missing[i];
  if (missing.size() > kListed) text += fmt::format("\n  and {} more", missing.size() - kListed);
  return text;
}

std::string end_text(const Sha256& digest) { return "sha256 " + to_hex(digest) + "\n"; }

}  // namespace metaset::depot
