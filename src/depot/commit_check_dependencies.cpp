// Dependencies of the packages that the area brings, and of others on what it takes away.
#include <optional>
#include <set>

#include "metaset/base/error.h"

#include "depot/commit_check_context.h"
#include "depot/dependency_judge.h"

namespace metaset::depot {

namespace {

using Names = std::set<std::string, std::less<>>;

// The package name at the beginning of an FMRI as catalogs have it.
std::string_view name_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("\\\"'"), text.size()));
  if (text.starts_with("pkg:")) text.remove_prefix(4);
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    text.remove_prefix(std::min(text.find('/'), text.size()));
  }
  text.remove_prefix(std::min(text.find_first_not_of('/'), text.size()));
  return text.substr(0, text.find_first_of("@ \\\"'"));
}

// Whether a dependency text names one of the packages: cheaper than parsing it, and few do.
bool mentions(std::string_view json, const Names& names) {
  constexpr std::string_view kKey = "fmri=";
  for (std::size_t at = json.find(kKey); at != std::string_view::npos; at = json.find(kKey, at)) {
    at += kKey.size();
    if (names.contains(name_at(json.substr(at)))) return true;
  }
  return false;
}

bool names_one_of(const ips::Action& depend, const Names& names) {
  const auto* fmris = depend.values("fmri");
  if (fmris == nullptr) return false;
  for (const std::string& fmri : *fmris) {
    if (names.contains(name_at(fmri))) return true;
  }
  return false;
}

void report(CommitCheckContext& context, const std::string& fmri,
            const DependencyJudge::Problem& problem) {
  const std::string_view check = problem.obsolete ? "obsolete" : "dependencies";
  if (problem.error) {
    context.error(check, fmri, problem.message);
  } else {
    context.warning(check, fmri, problem.message);
  }
}

// Names of which a version that could be installed is no longer there.
Names removed_names(const CommitCheckContext& context) {
  Names names;
  for (const store::StagedChange& change : context.changes) {
    if (change.record.kind == store::ChangeKind::kRemove) names.insert(change.record.name);
  }
  // Signing replaces manifests too, but then the package is what it was.
  for (const StagedPackage& package : context.packages) {
    if (!package.obsolete && !package.renamed) continue;
    const auto publisher = context.view.publisher(package.fmri.publisher);
    if (publisher &&
        context.view.find_visible(publisher->id, package.fmri.name, package.fmri.version.value())) {
      names.insert(package.fmri.name);
    }
  }
  return names;
}

// A dependency that was satisfied before and is not now.
void check_dependents(CommitCheckContext& context, ResultingMetaset& result) {
  const Names removed = removed_names(context);
  if (removed.empty()) return;
  ResultingMetaset before(context.view);
  DependencyJudge judge_before(before), judge(result);
  for (const store::Publisher& publisher : context.view.publishers()) {
    context.view.for_each(publisher.id, [&](std::string_view name,
                                            const store::PackageEntry& entry) {
      if (!entry.dependency) return true;
      const std::string_view text = context.view.text(*entry.dependency);
      if (!mentions(text, removed)) return true;
      if (result.is_gone(publisher.prefix, name, entry.version)) return true;
      for (const ips::Action& depend : depend_actions(text)) {
        if (!names_one_of(depend, removed)) continue;
        const auto problem = judge.judge(depend);
        if (!problem || judge_before.judge(depend)) continue;
        report(context, "pkg://" + publisher.prefix + "/" + std::string(name) + "@" + entry.version,
               *problem);
      }
      return true;
    });
  }
}

}  // namespace

void check_dependencies(CommitCheckContext& context) {
  ResultingMetaset result(context);
  DependencyJudge judge(result);
  for (const StagedPackage& package : context.packages) {
    const std::string fmri = package.fmri.text();
    for (const ips::Action& depend : package.depends) {
      if (const auto problem = judge.judge(depend)) report(context, fmri, *problem);
    }
  }
  check_dependents(context, result);
}

}  // namespace metaset::depot
