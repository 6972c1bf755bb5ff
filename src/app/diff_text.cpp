#include "diff_text.h"

#include <set>

#include <fmt/format.h>

#include "metaset/ips/action.h"

#include "cli.h"

namespace metaset::app {

namespace {

using depot::PackageChange;

// With its sign; nothing for nothing.
std::string size_column(std::int64_t change) {
  if (change == 0) return {};
  return (change < 0 ? "  -" : "  +") +
         human_size(static_cast<std::uint64_t>(change < 0 ? -change : change));
}

std::string beside(const std::vector<std::string>& versions) {
  return versions.size() < 2 ? "" : fmt::format(" ({} versions)", versions.size());
}

std::string other_versions(const depot::PackageDiff& package) {
  std::string text;
  const auto append = [&text](char sign, const std::vector<std::string>& versions) {
    for (const std::string& version : versions) {
      text += fmt::format("{}{}{}", text.empty() ? "" : ", ", sign, version);
    }
  };
  append('+', package.added);
  append('-', package.removed);
  append('~', package.resigned);
  return text;
}

std::string package_line(const depot::PackageDiff& package) {
  std::string name = "pkg://" + package.publisher + "/" + package.name;
  switch (package.change) {
    case PackageChange::kAdded:
      return fmt::format("+ {}@{}{}", name, package.to, beside(package.added));
    case PackageChange::kRemoved:
      return fmt::format("- {}@{}{}", name, package.from, beside(package.removed));
    case PackageChange::kUpgraded:
      return fmt::format("> {} {} -> {}", name, package.from, package.to);
    case PackageChange::kDowngraded:
      return fmt::format("< {} {} -> {}", name, package.from, package.to);
    case PackageChange::kVersions:
      return fmt::format("= {}@{} ({})", name, package.to, other_versions(package));
    case PackageChange::kResigned:
      return fmt::format("~ {}@{}", name, fmt::join(package.resigned, ", "));
  }
  return name;
}

// "file usr/bin/hello"
std::string action_name(const ips::Action& action) {
  const auto* key = action.values(ips::key_attribute(action.type()));
  return fmt::format("{}{}{}", ips::type_name(action.type()), key == nullptr ? "" : " ",
                     key == nullptr ? "" : fmt::to_string(fmt::join(*key, " ")));
}

// The attributes that differ, and the hash, by name.
std::string what_changed(const ips::Action& before, const ips::Action& after) {
  std::set<std::string> names;
  if (before.hash() != after.hash()) names.insert("hash");
  for (const auto& [x, y] : {std::pair(&before, &after), std::pair(&after, &before)}) {
    for (const auto& [key, values] : x->attributes()) {
      const auto* others = y->values(key);
      if (others == nullptr || *others != values) names.insert(key);
    }
  }
  return fmt::format(" ({})", fmt::join(names, ", "));
}

std::string action_line(const depot::ActionDiff& action) {
  const ips::Action shown = ips::Action::parse(action.action);
  const std::string tail = size_column(action.size) + "\n";
  switch (action.change) {
    case depot::ActionChange::kAdded:
      return "    + " + action_name(shown) + tail;
    case depot::ActionChange::kRemoved:
      return "    - " + action_name(shown) + tail;
    case depot::ActionChange::kChanged:
      break;
  }
  return "    ~ " + action_name(shown) + what_changed(ips::Action::parse(action.before), shown) +
         tail;
}

}  // namespace

std::string diff_text(const depot::PackageDiff& package, depot::DiffDepth depth) {
  if (depth == depot::DiffDepth::kPackages) return package_line(package) + "\n";
  std::string text = package_line(package) + size_column(package.size) + "\n";
  // Of which version the actions are, where the line of the package does not say it.
  std::string version = package.change == PackageChange::kResigned && package.resigned.size() == 1
                            ? package.resigned.front()
                            : std::string();
  for (const depot::ActionDiff& action : package.actions) {
    if (action.version != version) text += fmt::format("  @{}\n", action.version);
    version = action.version;
    text += action_line(action);
  }
  return text;
}

void DiffCounts::count(const depot::PackageDiff& package) {
  ++kinds_[package.change];
  size_ = depot::add_sizes(size_, package.size);
}

std::string DiffCounts::text(depot::DiffDepth depth) const {
  std::string text;
  for (const auto& [change, count] : kinds_) {
    text += fmt::format(
        "{}{} {}", text.empty() ? "" : ", ", count,
        change == PackageChange::kVersions ? "with other versions" : depot::change_name(change));
  }
  if (depth == depot::DiffDepth::kActions) text += size_column(size_);
  return text;
}

}  // namespace metaset::app
