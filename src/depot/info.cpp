#include "metaset/depot/info.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/base/percent.h"
#include "metaset/base/quantity.h"
#include "metaset/depot/fmri_argument.h"
#include "metaset/depot/manifest.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/layout.h"

namespace metaset::depot {

namespace {

constexpr std::uint64_t kMaxLicences = 64 << 20;  // bytes, all of one package

// What the page says of a manifest.
struct Facts {
  std::string summary, description, human_version;
  bool has_summary = false;
  std::uint64_t size = 0, compressed_size = 0;
  std::vector<std::string> licences;  // payload names; empty for one without payload
};

std::uint64_t sum_of_words(std::string_view text) {
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    sum += number_or_zero(text.substr(0, blank));
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  return sum;
}

// What travels is the compressed form, or the plain size if only that is known.
void add_sizes(const ips::Action& action, Facts& facts) {
  const std::string* size = action.value("pkg.size");
  const std::string* csize = action.value("pkg.csize");
  if (size != nullptr) facts.size += number_or_zero(*size);
  if (csize == nullptr) csize = size;
  if (csize != nullptr) facts.compressed_size += number_or_zero(*csize);
  if (action.type() == ips::ActionType::kSignature) {
    if (const std::string* chain = action.value("chain.sizes")) facts.size += sum_of_words(*chain);
  }
}

void add_setting(const ips::Action& action, Facts& facts) {
  const std::string* name = action.value("name");
  const std::string* value = action.value("value");
  if (name == nullptr || value == nullptr) return;
  if (*name == "pkg.summary") {
    facts.summary = *value;
    facts.has_summary = true;
  } else if (*name == "description") {
    facts.description = *value;
  } else if (*name == "pkg.human-version") {
    facts.human_version = *value;
  }
}

Facts read_facts(std::string_view text, const ips::Fmri& fmri) {
  Facts facts;
  try {
    ips::for_each_action(text, [&](ips::Action&& action, std::size_t) {
      add_sizes(action, facts);
      if (action.type() == ips::ActionType::kSet) add_setting(action, facts);
      if (action.type() == ips::ActionType::kLicense) facts.licences.push_back(action.hash());
    });
  } catch (const Error& error) {
    throw Error(Code::kCorrupt, "manifest of " + fmri.text() + ": " + error.message());
  }
  if (!facts.has_summary) facts.summary = facts.description;
  return facts;
}

// Appends the text; bytes that are not UTF-8 become U+FFFD.
void append_utf8(std::string_view text, std::string& out) {
  if (is_utf8(text)) {
    out.append(text);
    return;
  }
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && length <= text.size() && !is_utf8(text.substr(0, length))) ++length;
    const bool legal = length <= 4 && length <= text.size();
    out.append(legal ? text.substr(0, length) : "\xef\xbf\xbd");
    text.remove_prefix(legal ? length : 1);
  }
}

std::string licence_texts(const store::PayloadStore& payloads, const Facts& facts) {
  std::string result;
  for (std::size_t i = 0; i < facts.licences.size(); ++i) {
    if (i > 0) result += '\n';
    if (!store::is_payload_name(facts.licences[i])) continue;
    const std::uint64_t room = kMaxLicences - std::min<std::uint64_t>(kMaxLicences, result.size());
    if (const auto file = read_file_if_exists(payloads.path(facts.licences[i]), kMaxLicences)) {
      append_utf8(gunzip(*file, room), result);
    }
  }
  return result;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  double divisor = 1;
  while (unit + 1 < kUnits.size() && (bytes >> (10 * (unit + 1))) != 0) {
    ++unit;
    divisor *= 1024;
  }
  return fmt::format("{:.2f} {}", static_cast<double>(bytes) / divisor, kUnits[unit]);
}

std::string package_info(const store::View& view, const Publishers& publishers,
                         const store::PayloadStore& payloads, std::string_view prefix,
                         const ips::Fmri& fmri) {
  ips::Fmri shown = fmri;
  const PublisherFacts* by_default = publishers.default_publisher();
  if (shown.publisher.empty()) {
    shown.publisher =
        !prefix.empty() || by_default == nullptr ? prefix : by_default->publisher.prefix;
  }
  const std::string text = find_manifest(view, publishers, prefix, shown).text();
  const Facts facts = read_facts(text, shown);
  const ips::Version& version = require_version(shown);
  std::string release = version.release();
  if (!facts.human_version.empty() && facts.human_version != release) {
    release += " (" + facts.human_version + ")";
  }
  const auto packaged = parse_basic_timestamp(version.timestamp());
  return fmt::format(
      "           Name: {}\n"
      "        Summary: {}\n"
      "      Publisher: {}\n"
      "        Version: {}\n"
      "  Build Release: {}\n"
      "         Branch: {}\n"
      " Packaging Date: {}\n"
      "           Size: {}\n"
      "Compressed Size: {}\n"
      "           FMRI: {}\n"
      "\n"
      "License:\n"
      "{}\n",
      shown.name, facts.summary, shown.publisher.empty() ? "None" : shown.publisher, release,
      version.build(), version.branch().empty() ? "None" : version.branch(),
      packaged ? c_locale_date(*packaged) : "None", size_text(facts.size),
      size_text(facts.compressed_size), shown.text(), licence_texts(payloads, facts));
}

}  // namespace metaset::depot
