#include "metaset/ips/package_details.h"

#include <algorithm>

#include "metaset/base/quantity.h"
#include "metaset/ips/action.h"
#include "metaset/ips/manifest.h"

namespace metaset::ips {

namespace {

std::string attribute_text(const Action& action, std::string_view key) {
  const std::string* value = action.value(key);
  return value == nullptr ? std::string() : *value;
}

// The value of a key of a line without quotes; `key` with a blank before and '=' behind it.
std::string_view plain_value(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return rest.substr(0, rest.find(' '));
}

// Whether a line means what it looks like.
bool is_plain_line(std::string_view line) {
  const auto lacks = [&](char c) { return line.find(c) == std::string_view::npos; };
  return lacks('"') && lacks('\'') && lacks('\\') && lacks('\t');
}

constexpr std::string_view kPathTypes[] = {"file", "dir", "link", "hardlink"};

std::string_view path_type(std::string_view word) {
  const auto* const known = std::ranges::find(kPathTypes, word);
  return known == std::end(kPathTypes) ? std::string_view() : *known;
}

// Calls plain(type, line) for the lines of paths that need not be parsed, parsed(action) for all
// other actions.
template <typename Plain, typename Parsed>
void for_each_fast(std::string_view manifest, Plain plain, Parsed parsed) {
  for_each_line(manifest, [&](std::string_view line) {
    const std::string_view type = path_type(line.substr(0, line.find(' ')));
    if (!type.empty() && is_plain_line(line)) return plain(type, line);
    parsed(Action::parse(line));
  });
}

void count_type(std::string_view type, PackageDetails& details) {
  if (type == "file") {
    ++details.files;
  } else if (type == "dir") {
    ++details.directories;
  } else {
    ++details.links;
  }
}

void add_bytes(std::string_view size, std::string_view csize, PackageDetails& details) {
  details.size += number_or_zero(size);
  details.compressed_size += number_or_zero(csize.empty() ? size : csize);
}

void add_set(const Action& action, PackageDetails& details) {
  const std::string name = attribute_text(action, "name");
  const auto* values = action.values("value");
  if (values == nullptr || values->empty()) return;
  if (name == "pkg.summary") {
    details.summary = values->front();
  } else if (name == "pkg.description") {
    details.description = values->front();
  } else if (name == "pkg.human-version") {
    details.human_version = values->front();
  } else if (name == "info.upstream-url" || name == "info.upstream_url") {
    details.homepage = values->front();
  } else if (name == "info.classification") {
    details.classifications = *values;
  } else if (name != "pkg.fmri") {
    for (const std::string& value : *values) details.attributes.emplace_back(name, value);
  }
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end != 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

void add_action(const Action& action, PackageDetails& details) {
  if (const std::string_view type = path_type(type_name(action.type())); !type.empty()) {
    count_type(type, details);
  } else if (action.type() == ActionType::kSet) {
    add_set(action, details);
  } else if (action.type() == ActionType::kDepend) {
    const auto* fmris = action.values("fmri");
    details.dependencies.push_back({attribute_text(action, "type"),
                                    fmris == nullptr ? std::vector<std::string>() : *fmris,
                                    attribute_text(action, "predicate")});
  } else if (action.type() == ActionType::kLicense) {
    details.licences.push_back({attribute_text(action, "license"), action.hash()});
  } else if (action.type() == ActionType::kSignature) {
    details.signatures.push_back({attribute_text(action, "algorithm"), action.hash(),
                                  words_in(attribute_text(action, "chain")),
                                  attribute_text(action, "value")});
  } else {
    ++details.other;
  }
  add_bytes(attribute_text(action, "pkg.size"), attribute_text(action, "pkg.csize"), details);
}

}  // namespace

PackageDetails package_details(std::string_view manifest) {
  PackageDetails details;
  for_each_fast(
      manifest,
      [&](std::string_view type, std::string_view line) {
        count_type(type, details);
        add_bytes(plain_value(line, " pkg.size="), plain_value(line, " pkg.csize="), details);
      },
      [&](const Action& action) { add_action(action, details); });
  return details;
}

void for_each_path(std::string_view manifest,
                   const std::function<void(const DeliveredPath&)>& visit) {
  const auto clean = [](std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    return path;
  };
  for_each_fast(
      manifest,
      [&](std::string_view type, std::string_view line) {
        visit({type, clean(plain_value(line, " path=")),
               number_or_zero(plain_value(line, " pkg.size=")), plain_value(line, " mode="),
               plain_value(line, " owner="), plain_value(line, " group="),
               plain_value(line, " target=")});
      },
      [&](const Action& action) {
        const std::string_view type = path_type(type_name(action.type()));
        if (type.empty()) return;
        const auto value = [&](std::string_view key) -> std::string_view {
          const std::string* text = action.value(key);
          return text == nullptr ? std::string_view() : std::string_view(*text);
        };
        visit({type, clean(value("path")), number_or_zero(value("pkg.size")), value("mode"),
               value("owner"), value("group"), value("target")});
      });
}

}  // namespace metaset::ips
