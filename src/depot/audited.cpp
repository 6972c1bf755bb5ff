#include "metaset/depot/audited.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/audit.h"
#include "metaset/store/tags.h"

namespace metaset::depot {

namespace {

// Runs `act`; what it returns goes to `describe` for the audit's result. That nothing can be added
// to the audit, because the disk is full, does not undo what was done, nor hide why it was not.
template <typename Act, typename Describe>
auto audited(store::Repository& repository, const store::Actor& actor, std::string_view event,
             const std::string& object, const Act& act, const Describe& describe) {
  store::Audit audit(repository.staging());
  const auto note = [&](const std::string& result) {
    try {
      audit.append({actor.identity, actor.address, std::string(event), object, result});
    } catch (const Error&) {
      // Each metaset has a record of its own of who made it and when.
    }
  };
  const auto attempt = [&] {
    try {
      return act();
    } catch (const Error& error) {
      note(error.message());
      throw;
    }
  };
  auto done = attempt();
  note(describe(done));
  return done;
}

}  // namespace

CommitOutcome commit_area(store::Repository& repository, const store::Actor& actor,
                          const CommitCheckOptions& check, const store::CommitOptions& commit) {
  return audited(
      repository, actor, commit.activate ? "commit" : "commit-hold", "area " + check.area,
      [&] { return commit_checked(repository, check, commit); },
      [](const CommitOutcome& outcome) {
        return outcome.metaset ? fmt::format("ok: metaset {}", outcome.metaset->number)
                               : fmt::format("refused: {} errors", outcome.report.errors());
      });
}

store::Activation activate_metaset(store::Repository& repository, const store::Actor& actor,
                                   store::MetasetNumber number) {
  return audited(
      repository, actor, "activate", fmt::format("metaset {}", number),
      [&] { return store::activate(repository, number); },
      [](const store::Activation& done) {
        return done.before == done.now ? "ok: was active already"
                                       : fmt::format("ok: before it was {}", done.before);
      });
}

store::Activation activate_metaset_at(store::Repository& repository, const store::Actor& actor,
                                      store::MetasetNumber number, Time at) {
  return audited(
      repository, actor, "activate-at", fmt::format("metaset {}", number),
      [&] { return store::activate_at(repository, number, at); },
      [number](const store::Activation& done) {
        if (done.now == number) return fmt::format("ok: active, before it was {}", done.before);
        return fmt::format("ok: at {}, until then it is {}", basic_timestamp(done.scheduled->at),
                           done.now);
      });
}

std::optional<store::Schedule> cancel_activation(store::Repository& repository,
                                                 const store::Actor& actor) {
  return audited(
      repository, actor, "activate-cancel", "repository",
      [&] { return store::cancel_activation(repository); },
      [](const std::optional<store::Schedule>& done) {
        return done ? fmt::format("ok: not metaset {} at {}", done->number,
                                  basic_timestamp(done->at))
                    : std::string("ok: nothing was scheduled");
      });
}

std::optional<store::MetasetRecord> rollback_to(store::Repository& repository,
                                                const store::Actor& actor,
                                                store::RollbackOptions options) {
  if (options.message.empty()) options.message = fmt::format("rollback to {}", options.number);
  return audited(
      repository, actor, options.activate ? "rollback" : "rollback-hold",
      fmt::format("metaset {}", options.number),
      [&] { return store::rollback(repository, options); },
      [](const std::optional<store::MetasetRecord>& record) {
        return record ? fmt::format("ok: metaset {}", record->number)
                      : std::string("ok: nothing to change");
      });
}

std::optional<store::MetasetNumber> tag_metaset(store::Repository& repository,
                                                const store::Actor& actor, const Tagging& tagging) {
  return audited(
      repository, actor, "tag", fmt::format("{} metaset {}", tagging.name, tagging.number),
      [&] {
        return store::set_tag(repository, tagging.name, tagging.number, tagging.who, tagging.move);
      },
      [](const std::optional<store::MetasetNumber>& before) {
        return before ? fmt::format("ok: before it was {}", *before) : std::string("ok");
      });
}

store::MetasetNumber untag_metaset(store::Repository& repository, const store::Actor& actor,
                                   std::string_view name) {
  return audited(
      repository, actor, "untag", std::string(name),
      [&] { return store::remove_tag(repository, name); },
      [](store::MetasetNumber number) { return fmt::format("ok: metaset {}", number); });
}

store::Statement sign_metaset(store::Repository& repository, const store::Actor& actor,
                              store::MetasetNumber number, const Key& private_key) {
  return audited(
      repository, actor, "sign", fmt::format("metaset {}", number),
      [&] { return store::sign_metaset(repository, number, private_key); },
      [](const store::Statement& done) { return fmt::format("ok: key {}", to_hex(done.key)); });
}

GcReport collect(store::Repository& repository, const store::Actor& actor, const GcOptions& options,
                 const ProgressCallback& callback) {
  if (options.dry_run) return collect_garbage(repository, options, callback);
  return audited(
      repository, actor, "gc", "repository",
      [&] { return collect_garbage(repository, options, callback); },
      [](const GcReport& report) {
        return fmt::format("ok: {} metasets, {} manifests, {} payloads", report.forgotten.size(),
                           report.manifests.count, report.payloads.count);
      });
}

Abandoned abandon_changes(store::Repository& repository, const store::Actor& actor,
                          std::string_view area) {
  return audited(
      repository, actor, "stage-abandon", "area " + std::string(area),
      [&] { return abandon_area(repository, area); },
      [](const Abandoned& done) { return fmt::format("ok: {} changes", done.changes); });
}

namespace {

// As with note(): that nothing can be added does not undo what was done.
void note_mended(store::Repository& repository, const store::Actor& actor,
                 const RepairReport& report) {
  std::vector<store::AuditEvent> events;
  for (const Repair& one : report.repairs) {
    if (one.outcome == RepairOutcome::kLeft) continue;
    events.push_back(
        {actor.identity, actor.address, "repair",
         fmt::format("{} {}", damage_kind_name(one.damage.kind), one.damage.what),
         fmt::format("{}: {}", one.outcome == RepairOutcome::kRepaired ? "ok" : "partly",
                     one.how)});
  }
  if (events.empty()) return;
  try {
    store::Audit(repository.staging()).append(events);
  } catch (const Error&) {
  }
}

}  // namespace

RepairReport repair_repository(store::Repository& repository, const store::Actor& actor,
                               const Sources& sources, const RepairOptions& options,
                               const ProgressCallback& callback) {
  if (options.dry_run) return repair(repository, sources, options, callback);
  return audited(
      repository, actor, "repair", "repository",
      [&] {
        RepairReport report = repair(repository, sources, options, callback);
        note_mended(repository, actor, report);
        return report;
      },
      [](const RepairReport& report) {
        return fmt::format("ok: {} mended, {} left", report.count(RepairOutcome::kRepaired),
                           report.left());
      });
}

}  // namespace metaset::depot
