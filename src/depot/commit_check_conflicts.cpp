// Checks that need no manifest: publishers, and what other commits did meanwhile.
#include <map>

#include <fmt/format.h>

#include "depot/commit_check_context.h"

namespace metaset::depot {

namespace {

using store::ChangeKind;

std::string by_metaset(const store::View& view, store::MetasetNumber number) {
  const auto record = store::View::record_of(view.env(), view.txn(), number);
  return record ? fmt::format("metaset {} of {}", number, record->who)
                : fmt::format("metaset {}", number);
}

// What is in the repository since before the change was staged, its publisher has seen; the base of
// the area alone does not tell, since an area can be open for weeks.
bool is_news(const CommitCheckContext& context, const store::ChangeRecord& change,
             store::MetasetNumber number) {
  if (number <= context.report.base) return false;
  const auto record = store::View::record_of(context.view.env(), context.view.txn(), number);
  return record && record->time >= change.time;
}

std::string conflict_of_add(const CommitCheckContext& context, const store::ChangeRecord& change,
                            const store::PackageEntry& entry) {
  const store::View& view = context.view;
  if (entry.visible_in(view.number())) {
    return "it is there already, since " + by_metaset(view, entry.added_in);
  }
  if (entry.added_in > context.report.base && is_news(context, change, entry.added_in)) {
    return by_metaset(view, entry.added_in) + " added it and " +
           by_metaset(view, entry.removed_in) + " removed it meanwhile";
  }
  return {};
}

std::string conflict_of(const CommitCheckContext& context, const store::ChangeRecord& change) {
  const store::View& view = context.view;
  const auto publisher = view.publisher(change.publisher);
  const auto entry =
      publisher ? view.find(publisher->id, change.name, ips::Version::parse(change.version))
                : std::nullopt;
  if (change.kind == ChangeKind::kAdd) {
    return entry ? conflict_of_add(context, change, *entry) : std::string();
  }
  const std::string what = change.kind == ChangeKind::kReplace ? "replaces" : "removes";
  if (!entry) return "the area " + what + " it, but it is not there";
  if (!entry->visible_in(view.number())) {
    return "the area " + what + " it, but " + by_metaset(view, entry->removed_in) + " removed it";
  }
  if (is_news(context, change, entry->added_in)) {
    return "the area " + what + " it, but " + by_metaset(view, entry->added_in) +
           " replaced it meanwhile";
  }
  return {};
}

}  // namespace

void check_publishers(CommitCheckContext& context) {
  std::map<std::string, std::size_t> packages;
  for (const store::StagedChange& change : context.changes) ++packages[change.record.publisher];
  for (const auto& [prefix, count] : packages) {
    if (!ips::is_publisher_name(prefix)) {
      context.error("publishers", {},
                    fmt::format("'{}' is not a legal name for a publisher "
                                "({} packages)",
                                prefix, count));
    } else if (!context.view.publisher(prefix)) {
      context.warning("publishers", {},
                      fmt::format("publisher '{}' is new to the repository "
                                  "({} packages)",
                                  prefix, count));
    }
  }
}

void check_conflicts(CommitCheckContext& context) {
  for (const store::StagedChange& change : context.changes) {
    std::string message = conflict_of(context, change.record);
    if (!message.empty()) {
      context.error("conflict", change.fmri().text(), std::move(message));
    }
  }
}

}  // namespace metaset::depot
