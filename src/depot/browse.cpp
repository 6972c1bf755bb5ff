#include "metaset/depot/browse.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/ips/action.h"
#include "metaset/ips/version.h"

#include "depot/visible_names.h"

namespace metaset::depot {

namespace {

constexpr std::string_view kClassification = "info.classification";
constexpr std::string_view kSummary = "pkg.summary";

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

bool matches_name(const BrowseQuery& query, std::string_view name) {
  if (query.name.empty()) return true;
  return is_pattern(query.name) ? ips::matches_glob(name, query.name)
                                : name.find(query.name) != std::string_view::npos;
}

bool is_in_class(std::string_view classification, std::string_view wanted) {
  const std::string_view name = class_name(classification);
  return name == wanted || (name.starts_with(wanted) && name[wanted.size()] == '/');
}

std::string_view summary_text_of(const store::View& view, const store::PackageEntry& entry) {
  for (const store::LocaleText& text : entry.summary) {
    if (text.locale == "C") return view.text(text.text);
  }
  return {};
}

// Written in JSON as it is.
bool is_plain_word(std::string_view word) {
  return std::ranges::all_of(word,
                             [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

bool matches_class(const BrowseQuery& query, const store::View& view,
                   const store::PackageEntry& entry) {
  if (query.classification.empty()) return true;
  // Most texts need not be parsed: they have no such word.
  const std::string_view text = summary_text_of(view, entry);
  const std::string_view word =
      std::string_view(query.classification).substr(query.classification.rfind('/') + 1);
  if (is_plain_word(word) && text.find(word) == std::string_view::npos) return false;
  return std::ranges::any_of(catalog_text(view, entry).classifications, [&](const auto& one) {
    return is_in_class(one, query.classification);
  });
}

// One name of the result.
void take_name(const BrowseQuery& query, const store::Publisher& publisher, std::string_view name,
               const std::vector<std::string_view>& rows, store::PackageEntry&& newest,
               BrowseResult& result) {
  const std::string_view rest = name.substr(query.under.size());
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    ++result.folders[std::string(rest.substr(0, slash))];
  }
  const std::size_t count = query.all_versions ? rows.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = result.total++;
    if (place < query.first || result.packages.size() >= query.limit) continue;
    result.packages.push_back(
        {publisher.prefix, std::string(name),
         i == 0 ? std::move(newest) : store::PackageEntry::decode(rows[rows.size() - 1 - i]),
         i == 0, rows.size()});
  }
}

}  // namespace

std::string_view class_name(std::string_view classification) {
  return classification.substr(classification.rfind(':') + 1);
}

BrowseResult browse(const store::View& view, const BrowseQuery& query) {
  BrowseResult result;
  for (const store::Publisher& publisher : query.publishers) {
    for_each_visible_name(view, publisher, query.under,
                          [&](std::string_view name, const std::vector<std::string_view>& rows) {
                            if (!matches_name(query, name)) return;
                            auto newest = store::PackageEntry::decode(rows.back());
                            if (!matches_class(query, view, newest)) return;
                            take_name(query, publisher, name, rows, std::move(newest), result);
                          });
  }
  return result;
}

CatalogText catalog_text(const store::View& view, const store::PackageEntry& entry) {
  CatalogText result;
  const std::string_view text = summary_text_of(view, entry);
  if (text.empty()) return result;
  const rapidjson::Document document = parse_json(text, "catalog text");
  if (!document.IsArray()) throw Error(Code::kCorrupt, "a catalog text is no list");
  for (const rapidjson::Value& item : document.GetArray()) {
    if (!item.IsString()) throw Error(Code::kCorrupt, "a catalog text has no strings");
    const std::string_view line(item.GetString(), item.GetStringLength());
    const bool summary = line.find(kSummary) != std::string_view::npos;
    if (!summary && line.find(kClassification) == std::string_view::npos) continue;
    const ips::Action action = ips::Action::parse(line);
    const std::string* name = action.value("name");
    const auto* values = action.values("value");
    if (name == nullptr || values == nullptr || values->empty()) continue;
    if (*name == kSummary) result.summary = values->front();
    if (*name == kClassification) result.classifications = *values;
  }
  return result;
}

Classes count_classes(const store::View& view, const std::vector<store::Publisher>& publishers) {
  Classes classes;
  for (const store::Publisher& publisher : publishers) {
    for_each_visible_name(
        view, publisher, "", [&](std::string_view, const std::vector<std::string_view>& rows) {
          const auto entry = store::PackageEntry::decode(rows.back());
          for (const std::string& one : catalog_text(view, entry).classifications) {
            ++classes[std::string(class_name(one))];
          }
        });
  }
  return classes;
}

}  // namespace metaset::depot
