#include "pkg5/log_reader.h"

#include <algorithm>

#include "metaset/base/error.h"

namespace metaset::pkg5 {

namespace {
constexpr std::string_view kUpdate = "update.";
constexpr std::string_view kSummaryPrefix = "catalog.summary.";
}  // namespace

ips::ReadResult LogReader::read(std::string_view file_name, std::string_view text) {
  const std::size_t dot = file_name.find('.', kUpdate.size());
  const auto hour =
      parse_update_hour(file_name.substr(kUpdate.size(), dot - kUpdate.size())).value_or(0);
  if (hour != hour_) end_hour();
  hour_ = hour;
  const bool first_locale = file_name.substr(dot + 1) == "C";
  std::string last_name;
  return ips::read_log(text, [&](ips::LogEntry&& entry) {
    check_entry_names(catalog_.publisher, entry.publisher, entry.name, entry.version);
    if (entry.time.hour() != hour_) {
      throw Error(Code::kCorrupt, "an operation on " + entry.name +
                                      " of another hour: " + basic_timestamp(entry.time));
    }
    std::string name = entry.name;
    add(first_locale, last_name, std::move(entry));
    last_name = std::move(name);
  });
}

void LogReader::add(bool first_locale, std::string_view last_name, ips::LogEntry&& entry) {
  std::string identity = entry.name + "@" + entry.version + (entry.add ? "+" : "-");
  identity += basic_timestamp(entry.time);
  auto [place, is_new] = places_.try_emplace(identity, operations_.size());
  if (first_locale != is_new) {
    throw Error(Code::kCorrupt, is_new ? "an operation that the log of locale C lacks: " + identity
                                       : "the same operation twice: " + identity);
  }
  if (is_new) {
    Ordered ordered;
    ordered.key = entry.time;
    // Operations on a package stay in the order of its list even if the clock was set back between.
    if (entry.name == last_name) ordered.key = std::max(ordered.key, operations_.back().key);
    ordered.operation.add = entry.add;
    ordered.operation.time = entry.time;
    ordered.operation.package.name = catalog_.texts.keep(std::move(entry.name));
    ordered.operation.package.version = catalog_.texts.keep(std::move(entry.version));
    operations_.push_back(std::move(ordered));
  }
  CatalogPackage& package = operations_[place->second].operation.package;
  for (ips::LogEntry::Part& part : entry.parts) fill(package, std::move(part));
}

void LogReader::fill(CatalogPackage& package, ips::LogEntry::Part&& part) {
  if (part.part == "catalog.base.C") {
    if (part.entry.manifest) package.manifest_sha1 = *part.entry.manifest;
  } else if (part.part == "catalog.dependency.C") {
    package.dependency = catalog_.texts.keep(std::move(part.entry.actions));
  } else if (part.part.starts_with(kSummaryPrefix)) {
    const std::string_view locale =
        catalog_.texts.keep(std::string_view(part.part).substr(kSummaryPrefix.size()));
    package.summary.emplace_back(locale, catalog_.texts.keep(std::move(part.entry.actions)));
    std::sort(package.summary.begin(), package.summary.end());
  } else {
    throw Error(Code::kInvalid, "unknown catalog part " + part.part);
  }
}

void LogReader::end_hour() {
  std::stable_sort(operations_.begin(), operations_.end(),
                   [](const Ordered& a, const Ordered& b) { return a.key < b.key; });
  for (Ordered& ordered : operations_) {
    catalog_.operations.push_back(std::move(ordered.operation));
  }
  operations_.clear();
  places_.clear();
}

}  // namespace metaset::pkg5
