#include "depot/resulting_metaset.h"

#include "metaset/base/error.h"
#include "metaset/base/json.h"

namespace metaset::depot {

namespace {

std::string full_name(std::string_view publisher, std::string_view name, std::string_view version) {
  std::string text("pkg://");
  return text.append(publisher).append("/").append(name).append("@").append(version);
}

}  // namespace

std::vector<ips::Action> depend_actions(std::string_view json) {
  const rapidjson::Document document = parse_json(json, "catalog text");
  if (!document.IsArray()) throw Error(Code::kCorrupt, "a text of the catalog is no list");
  std::vector<ips::Action> result;
  for (const rapidjson::Value& item : document.GetArray()) {
    if (!item.IsString()) continue;
    const std::string_view text(item.GetString(), item.GetStringLength());
    if (text.starts_with("depend ")) result.push_back(ips::Action::parse(text));
  }
  return result;
}

ResultingMetaset::ResultingMetaset(const store::View& view)
    : view_(view), publishers_(view.publishers()) {
  for (const store::Publisher& publisher : publishers_) prefixes_.insert(publisher.prefix);
}

ResultingMetaset::ResultingMetaset(const CommitCheckContext& context)
    : ResultingMetaset(context.view) {
  for (const store::StagedChange& change : context.changes) {
    const store::ChangeRecord& record = change.record;
    // Also what is added: if it is there already, that is another check's finding.
    gone_.insert(full_name(record.publisher, record.name, record.version));
  }
  for (const StagedPackage& package : context.packages) {
    const ips::Fmri& fmri = package.fmri;
    prefixes_.insert(fmri.publisher);
    added_[fmri.name].push_back({fmri.publisher, fmri.version.value(), package.obsolete,
                                 package.renamed,
                                 package.renamed ? package.depends : std::vector<ips::Action>()});
  }
}

bool ResultingMetaset::is_gone(std::string_view publisher, std::string_view name,
                               std::string_view version) const {
  return !gone_.empty() && gone_.contains(full_name(publisher, name, version));
}

void ResultingMetaset::add_committed(const std::string& name,
                                     std::vector<Candidate>& result) const {
  for (const store::Publisher& publisher : publishers_) {
    view_.for_each_of(publisher.id, name, [&](std::string_view, const store::PackageEntry& entry) {
      if (is_gone(publisher.prefix, name, entry.version)) return true;
      Candidate candidate{
          publisher.prefix, ips::Version::parse(entry.version), entry.obsolete, entry.renamed, {}};
      if (entry.renamed && entry.dependency) {
        candidate.renamed_to = depend_actions(view_.text(*entry.dependency));
      }
      result.push_back(std::move(candidate));
      return true;
    });
  }
}

const std::vector<ResultingMetaset::Candidate>& ResultingMetaset::versions(
    const std::string& name) {
  auto [place, is_new] = known_.try_emplace(name);
  if (is_new) {
    add_committed(name, place->second);
    if (const auto added = added_.find(name); added != added_.end()) {
      place->second.insert(place->second.end(), added->second.begin(), added->second.end());
    }
  }
  return place->second;
}

}  // namespace metaset::depot
