#include "depot/bundle_contents.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/ips/manifest.h"

namespace metaset::depot {

namespace {

constexpr std::uint64_t kMaxStatement = 64 << 10;

[[noreturn]] void damaged_bundle(std::string_view what) {
  throw Error(Code::kCorrupt, fmt::format("the bundle is damaged: {}", what));
}

}  // namespace

TarReader bundle_archive(int bundle, TarReader::Observer observe) {
  if (::lseek(bundle, 0, SEEK_SET) != 0) throw system_error(errno, "cannot read", "the bundle");
  return TarReader(
      [bundle](char* buffer, std::size_t size) {
        return read_some(bundle, buffer, size, "the bundle");
      },
      std::move(observe));
}

std::string manifest_in(TarReader& archive, const BundleMember& member) {
  std::string text = gunzip(archive.read_all(ips::kMaxManifestText), ips::kMaxManifestText);
  if (to_hex(sha256_of(text)) != member.name) {
    damaged_bundle(fmt::format("the manifest {} has other content", member.name));
  }
  return text;
}

BundleContents::BundleContents(int bundle, const ProgressCallback& callback) : bundle_(bundle) {
  ProgressPhase phase(callback, "checking", 1);
  Hasher hasher(HashKind::kSha256);
  TarReader archive = bundle_archive(bundle, [&](std::string_view bytes) { hasher.update(bytes); });
  bool at_start = true;
  BundleMember before;
  while (const auto file = archive.next()) {
    const BundleMember member = BundleMember::of_path(file->name);
    const bool in_order = at_start ? member.part == BundlePart::kHeader : member.may_follow(before);
    if (!in_order) {
      throw Error(Code::kInvalid, "not a bundle of metasets: its files are in disorder");
    }
    if (before.part <= BundlePart::kMetaset && member.part > BundlePart::kMetaset) {
      end_of_metasets();
    }
    if (member.part == BundlePart::kEnd) {
      // Everything up to here, the heading of this file too.
      const Sha256 digest = hasher.finish_sha256();
      if (archive.read_all(kMaxStatement) != end_text(digest)) {
        damaged_bundle("the digest at its end is another one");
      }
    } else {
      read_member(archive, *file, member);
    }
    before = member;
    at_start = false;
  }
  if (before.part != BundlePart::kEnd) damaged_bundle("its end is missing");
  end_of_manifests();
  phase.step();
}

void BundleContents::read_member(TarReader& archive, const TarReader::Member& file,
                                 const BundleMember& member) {
  switch (member.part) {
    case BundlePart::kHeader:
      header_ = BundleHeader::parse(archive.read_all(kMaxStatement));
      break;
    case BundlePart::kMetaset:
      take_metaset(archive, file, member);
      break;
    case BundlePart::kStatement:
      take_statement(archive, member);
      break;
    case BundlePart::kTags:
      take_tags(archive);
      break;
    case BundlePart::kCollected:
      take_collected(archive);
      break;
    case BundlePart::kManifest:
      take_manifest(archive, member);
      break;
    case BundlePart::kList:
      if (header_.has_payloads) damaged_bundle("it has a list of payloads and should have none");
      break;
    case BundlePart::kPayload:
      if (!header_.has_payloads) damaged_bundle("it has payloads and should have none");
      payload_files_.push_back(member.name);
      break;
    case BundlePart::kEnd:
      break;
  }
}

void BundleContents::take_metaset(TarReader& archive, const TarReader::Member& file,
                                  const BundleMember& member) {
  const store::MetasetNumber expected = header_.from + 1 + metasets_.size();
  if (member.number != expected || member.number > header_.to) {
    damaged_bundle(fmt::format("metaset {} is not where it should be", member.number));
  }
  const std::string record =
      gunzip(archive.read_all(store::kMaxTransferRecord), store::kMaxTransferRecord);
  const store::MetasetRecord announced =
      store::check_transfer(record, [&](auto publisher, const auto& operation, const auto* row) {
        packages_.operation(publisher, operation, row);
      });
  const Sha256& parent = metasets_.empty() ? header_.from_digest : metasets_.back().digest;
  if (announced.number != member.number || !store::is_next_in_chain(announced, parent)) {
    damaged_bundle(fmt::format("metaset {} does not follow from the one before it", member.number));
  }
  metasets_.push_back({file.offset, file.size, announced.digest});
}

void BundleContents::end_of_metasets() {
  if (metasets_.size() != header_.to - header_.from ||
      metasets_.back().digest != header_.to_digest) {
    damaged_bundle(fmt::format("it does not lead to metaset {}", header_.to));
  }
  for (const auto& [digest, info] : packages_.manifests()) {
    manifests_.push_back({digest,
                          {info.publishers.begin(), info.publishers.end()},
                          info.package,
                          info.needed,
                          false});
  }
}

void BundleContents::take_statement(TarReader& archive, const BundleMember& member) {
  auto statement = store::Statement::parse(archive.read_all(kMaxStatement));
  if (statement.number != member.number || to_hex(statement.key) != member.name ||
      member.number <= header_.from || member.number > header_.to ||
      statement.digest != metaset(member.number).digest) {
    damaged_bundle(
        fmt::format("the statement about metaset {} is about another one", member.number));
  }
  statements_.push_back(std::move(statement));
}

void BundleContents::take_tags(TarReader& archive) {
  tags_ = parse_tags(archive.read_all(kMaxBundleText));
  for (const MetasetTag& tag : tags_) {
    if (tag.number <= header_.from || tag.number > header_.to || collected_.has(tag.number)) {
      damaged_bundle(
          fmt::format("the tag {} is that of a metaset that it does not have", tag.name));
    }
  }
}

void BundleContents::take_collected(TarReader& archive) {
  collected_ = parse_collected(archive.read_all(kMaxBundleText));
  const auto& ranges = collected_.ranges();
  // The last one becomes active.
  const bool fits = !ranges.empty() && ranges.begin()->first > header_.from &&
                    ranges.rbegin()->second < header_.to;
  if (!fits) damaged_bundle("it lists collected metasets that it does not have");
  packages_.set_collected(collected_);
}

void BundleContents::take_manifest(TarReader& archive, const BundleMember& member) {
  const auto place = std::ranges::lower_bound(manifests_, member.name, {}, &ManifestInfo::digest);
  if (place == manifests_.end() || place->digest != member.name) {
    damaged_bundle(fmt::format("no package has the manifest {}", member.name));
  }
  place->present = true;
  const auto claims = store::payload_claims(manifest_in(archive, member));
  const auto index = static_cast<std::uint32_t>(place - manifests_.begin());
  // Of packages that are needed and of others the set keeps claims apart.
  for (const std::string& publisher : place->publishers) {
    claims_.add(claims, index, 2 * number_of(publisher) + (place->needed ? 1 : 0));
  }
}

std::uint32_t BundleContents::number_of(const std::string& publisher) {
  const auto place = std::ranges::find(publishers_, publisher);
  const auto number = static_cast<std::uint32_t>(place - publishers_.begin());
  if (place == publishers_.end()) publishers_.push_back(publisher);
  return number;
}

// Claims of one payload are neighbours.
void BundleContents::end_of_manifests() {
  for (const auto& entry : claims_.take()) {
    std::string name = entry.claim.hex_name();
    if (payloads_.empty() || payloads_.back().name != name) {
      payloads_.push_back({std::move(name), {}, manifests_[entry.package].package, false});
    }
    PayloadInfo& payload = payloads_.back();
    const bool needed = entry.publisher % 2 == 1;
    if (needed && !payload.needed) payload.package = manifests_[entry.package].package;
    payload.needed = payload.needed || needed;
    const std::string& publisher = publishers_[entry.publisher / 2];
    if (std::ranges::find(payload.publishers, publisher) == payload.publishers.end()) {
      payload.publishers.push_back(publisher);
    }
  }
}

bool BundleContents::has_payload(const std::string& name) const {
  return std::ranges::binary_search(payload_files_, name);
}

std::string BundleContents::record(store::MetasetNumber number) const {
  const Metaset& where = metaset(number);
  std::string packed(static_cast<std::size_t>(where.size), '\0');
  if (read_at(bundle_, packed.data(), packed.size(), where.offset, "the bundle") < packed.size()) {
    damaged_bundle("it was cut short meanwhile");
  }
  std::string record = gunzip(packed, store::kMaxTransferRecord);
  if (store::check_transfer(record).digest != where.digest) {
    damaged_bundle("it was changed meanwhile");
  }
  return record;
}

}  // namespace metaset::depot
