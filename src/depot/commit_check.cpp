#include "metaset/depot/commit_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"

#include "depot/commit_check_context.h"

namespace metaset::depot {

namespace {

std::size_t position(std::string_view check) {
  return static_cast<std::size_t>(std::ranges::find(kCommitChecks, check) - kCommitChecks);
}

void require_known(const std::vector<std::string>& checks) {
  for (const std::string& name : checks) {
    if (position(name) < std::size(kCommitChecks)) continue;
    throw Error(Code::kUsage, fmt::format("there is no check '{}': they are {}", name,
                                          fmt::join(kCommitChecks, ", ")));
  }
}

void downgrade(std::vector<Finding>& findings, const std::vector<std::string>& warn) {
  for (Finding& finding : findings) {
    if (std::ranges::find(warn, finding.check) != warn.end()) finding.severity = Severity::kWarning;
  }
}

// Variants of a package often depend on the same thing twice: one finding is enough.
void put_in_order(std::vector<Finding>& findings) {
  std::ranges::stable_sort(findings, [](const Finding& a, const Finding& b) {
    const std::size_t x = position(a.check), y = position(b.check);
    return x != y ? x < y : a.fmri < b.fmri;
  });
  std::vector<Finding> distinct;
  for (Finding& finding : findings) {
    bool known = false;
    for (auto before = distinct.rbegin(); !known && before != distinct.rend(); ++before) {
      if (before->fmri != finding.fmri || before->check != finding.check) break;
      known = *before == finding;
    }
    if (!known) distinct.push_back(std::move(finding));
  }
  findings = std::move(distinct);
}

CommitDiff diff_of(const std::vector<store::StagedChange>& changes) {
  CommitDiff diff;
  for (const store::StagedChange& change : changes) {
    const store::ChangeKind kind = change.record.kind;
    auto& list = kind == store::ChangeKind::kAdd       ? diff.added
                 : kind == store::ChangeKind::kReplace ? diff.replaced
                                                       : diff.removed;
    list.push_back(change.fmri().text());
  }
  for (auto* list : {&diff.added, &diff.replaced, &diff.removed}) std::ranges::sort(*list);
  return diff;
}

rapidjson::Value text_value(std::string_view text, rapidjson::Document& document) {
  return {text.data(), static_cast<rapidjson::SizeType>(text.size()), document.GetAllocator()};
}

rapidjson::Value list_value(const std::vector<std::string>& texts, rapidjson::Document& document) {
  rapidjson::Value list(rapidjson::kArrayType);
  for (const std::string& text : texts) {
    list.PushBack(text_value(text, document), document.GetAllocator());
  }
  return list;
}

rapidjson::Value diff_value(const CommitDiff& diff, rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value value(rapidjson::kObjectType);
  value.AddMember("added", list_value(diff.added, document), allocator);
  value.AddMember("replaced", list_value(diff.replaced, document), allocator);
  value.AddMember("removed", list_value(diff.removed, document), allocator);
  value.AddMember("new-payloads", diff.new_payloads, allocator);
  value.AddMember("new-payload-bytes", diff.new_payload_bytes, allocator);
  return value;
}

}  // namespace

std::size_t CommitReport::errors() const {
  return static_cast<std::size_t>(
      std::ranges::count(findings, Severity::kError, &Finding::severity));
}

bool CommitReport::found(std::string_view check) const {
  return std::ranges::any_of(findings, [&](const Finding& f) { return f.check == check; });
}

CommitReport check_commit(store::Repository& repository, const CommitCheckOptions& options) {
  require_known(options.warn);
  CommitReport report;
  report.area = options.area;
  std::vector<store::StagedChange> changes;
  store::AreaId id{};
  if (const auto area = store::Staging(repository.staging()).area(options.area)) {
    id = area->record.id;
    report.base = area->record.base;
    changes = store::uncommitted_changes(repository, *area);
  }
  const lmdb::ReadTxn txn(repository.committed());
  report.latest = store::View::latest_number(repository.committed(), txn);
  report.checked = {report.latest, changes.size(),
                    changes.empty() ? 0 : changes.back().sequence + 1};
  const store::View view(repository.committed(), txn, report.latest);
  report.diff = diff_of(changes);
  CommitCheckContext context{repository, view, changes, options, report, id, {}};
  if (changes.empty()) {
    context.error("empty", {}, "staging area '" + options.area + "' has no changes");
  }
  check_publishers(context);
  check_conflicts(context);
  check_manifests(context);
  check_dependencies(context);
  put_in_order(report.findings);
  downgrade(report.findings, options.warn);
  return report;
}

rapidjson::Value report_json(const CommitReport& report, rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value value(rapidjson::kObjectType);
  value.AddMember("area", text_value(report.area, document), allocator);
  value.AddMember("base", report.base, allocator);
  value.AddMember("latest", report.latest, allocator);
  value.AddMember("errors", std::uint64_t{report.errors()}, allocator);
  value.AddMember("warnings", std::uint64_t{report.warnings()}, allocator);
  rapidjson::Value findings(rapidjson::kArrayType);
  for (const Finding& finding : report.findings) {
    const bool error = finding.severity == Severity::kError;
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("check", text_value(finding.check, document), allocator);
    item.AddMember("severity", text_value(error ? "error" : "warning", document), allocator);
    item.AddMember("fmri", text_value(finding.fmri, document), allocator);
    item.AddMember("message", text_value(finding.message, document), allocator);
    findings.PushBack(item, allocator);
  }
  value.AddMember("findings", findings, allocator);
  value.AddMember("diff", diff_value(report.diff, document), allocator);
  return value;
}

}  // namespace metaset::depot
