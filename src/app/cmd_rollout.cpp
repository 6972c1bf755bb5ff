// metaset rollout: a new metaset for a whole group of depots.
#include <algorithm>
#include <charconv>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/group/rollout.h"
#include "metaset/store/tags.h"

#include "cli.h"
#include "etcd_options.h"
#include "group_text.h"

namespace metaset::app {

namespace {

using namespace std::chrono_literals;

constexpr auto kLookInterval = 100ms;

struct RolloutArguments {
  std::shared_ptr<GroupArguments> in_group;
  std::string metaset, message, member, reason;
  double hold = 2, prepare = 3600, patience = 30;  // seconds
  bool no_wait = false, watch = false;
  std::size_t limit = 20;
};

struct Connection {
  explicit Connection(const GroupArguments& arguments)
      : etcd(etcd_options(arguments)), keys(arguments.group) {}
  group::EtcdClient etcd;
  group::GroupKeys keys;
};

std::chrono::milliseconds ms(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

group::GroupSnapshot look(Connection& connection) {
  return group::require_group(connection.etcd, connection.keys);
}

// Draws the table over the one before on a terminal.
class LiveTable {
 public:
  void show(const std::string& text) {
    if (text == shown_) return;
    if (::isatty(STDOUT_FILENO) == 1 && !shown_.empty()) {
      const auto lines = std::ranges::count(shown_, '\n');
      print(fmt::format("\x1b[{}F\x1b[J{}", lines, text));
    } else {
      print(text);
    }
    shown_ = text;
  }

 private:
  std::string shown_;
};

// Until the rollout has ended. What cannot be read for a moment is read again.
group::RolloutRecord follow(Connection& connection, const RolloutArguments& arguments,
                            const std::string& id, bool quiet) {
  LiveTable table;
  bool said = false;
  for (;; std::this_thread::sleep_for(kLookInterval)) {
    group::GroupSnapshot seen;
    try {
      seen = look(connection);
      said = false;
    } catch (const Error& error) {
      if (error.code() != Code::kUnavailable) throw;
      if (!std::exchange(said, true)) std::fprintf(stderr, "metaset: rollout: %s\n", error.what());
      continue;
    }
    if (!quiet && ::isatty(STDOUT_FILENO) == 1) {
      table.show(group_text(arguments.in_group->group, seen));
    }
    if (!seen.rollout || seen.rollout->id != id) {
      // Another one has begun since, so this one has ended.
      for (auto& rollout : group::rollout_history(connection.etcd, connection.keys, 1000)) {
        if (rollout.id == id) return rollout;
      }
      throw Error(Code::kNotFound, "rollout " + id + " is not known any more");
    }
    if (seen.rollout->ended_already()) return *seen.rollout;
  }
}

void name_metaset(const Globals& globals, const std::string& name, group::RolloutOptions& options) {
  if (globals.repository.empty()) {
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), options.metaset);
    if (error == std::errc() && end == name.data() + name.size()) return;
    throw Error(Code::kUsage, fmt::format("'{}' is no number: tags and times need a repository "
                                          "that knows them (-d)",
                                          name));
  }
  const store::Repository repository(globals.root(), store::Access::kRead);
  options.metaset = store::require_metaset(repository, name);
  const lmdb::ReadTxn txn(repository.committed());
  const auto record = store::View::record_of(repository.committed(), txn, options.metaset);
  if (record) options.digest = to_hex(record->digest);
}

void run_start(Globals& globals, const RolloutArguments& arguments) {
  group::RolloutOptions options;
  name_metaset(globals, arguments.metaset, options);
  options.who = identity();
  options.message = arguments.message;
  options.hold = ms(arguments.hold);
  options.prepare = ms(arguments.prepare);
  Connection connection(*arguments.in_group);
  group::RolloutRecord rollout =
      group::start_rollout(connection.etcd, connection.keys, options, ms(arguments.patience));
  if (!arguments.no_wait) rollout = follow(connection, arguments, rollout.id, globals.json);
  globals.json ? print_json(rollouts_json({rollout})[0]) : print(rollout_line(rollout));
  if (rollout.phase == group::RolloutPhase::kAborted) globals.exit_code = kFailed;
}

void run_group_status(const Globals& globals, const RolloutArguments& arguments) {
  Connection connection(*arguments.in_group);
  const std::string& name = arguments.in_group->group;
  LiveTable table;
  do {
    const group::GroupSnapshot seen = look(connection);
    if (globals.json) {
      print_json(group_json(name, seen));
    } else {
      table.show(group_text(name, seen));
    }
    if (arguments.watch) std::this_thread::sleep_for(kLookInterval);
  } while (arguments.watch);
}

void run_abort(const Globals& globals, const RolloutArguments& arguments) {
  Connection connection(*arguments.in_group);
  const std::string reason =
      arguments.reason.empty() ? "aborted by " + identity() : arguments.reason;
  const auto rollout = group::abort_rollout(connection.etcd, connection.keys, reason);
  globals.json ? print_json(rollouts_json({rollout})[0]) : print(rollout_line(rollout));
}

void run_history(Globals& globals, const RolloutArguments& arguments) {
  Connection connection(*arguments.in_group);
  const auto rollouts = group::rollout_history(connection.etcd, connection.keys, arguments.limit);
  globals.json ? print_json(rollouts_json(rollouts)) : print(rollouts_text(rollouts));
  if (rollouts.empty()) globals.exit_code = kNothing;
}

void run_forget(const Globals& globals, const RolloutArguments& arguments) {
  Connection connection(*arguments.in_group);
  group::forget_member(connection.etcd, connection.keys, arguments.member);
  if (globals.json) return print_json(group_json(arguments.in_group->group, look(connection)));
  print(fmt::format("member {} is not in group {} any more\n", arguments.member,
                    arguments.in_group->group));
}

CLI::App* add_step(CLI::App& rollout, Globals& globals, const char* name, const char* summary,
                   const std::shared_ptr<RolloutArguments>& arguments) {
  CLI::App* step = rollout.add_subcommand(name, summary);
  arguments->in_group = add_group_options(*step);
  step->add_flag("--json", globals.json, "for programs");
  return step;
}

void define_start(CLI::App& rollout, Globals& globals) {
  auto arguments = std::make_shared<RolloutArguments>();
  CLI::App* step = add_step(rollout, globals, "start", "bring a metaset to all members", arguments);
  step->add_option("metaset", arguments->metaset,
                   "its number; with -d also a tag or time that the repository knows")
      ->required();
  step->add_option("-d,--repository", globals.repository, "repository that has the metaset")
      ->type_name("REPO");
  step->add_option("-m,--message", arguments->message, "why, for the history");
  step->add_option("--hold", arguments->hold, "seconds that requests wait at most (2)")
      ->check(CLI::Range(0.1, 10.0));
  step->add_option("--within", arguments->prepare,
                   "seconds in which all members must have it (3600)")
      ->check(CLI::Range(1.0, 604'800.0));
  step->add_option("--patience", arguments->patience, "seconds to wait for silent members (30)")
      ->check(CLI::Range(0.0, 3600.0));
  step->add_flag("--no-wait", arguments->no_wait, "only start it");
  step->callback([&globals, arguments] { run_start(globals, *arguments); });
}

}  // namespace

void define_rollout(CLI::App& app, Globals& globals) {
  CLI::App* rollout = app.add_subcommand("rollout", "move a group of depots to another metaset");
  rollout->require_subcommand(1);
  define_start(*rollout, globals);
  const auto step = [&](const char* name, const char* summary) {
    auto arguments = std::make_shared<RolloutArguments>();
    return std::pair(add_step(*rollout, globals, name, summary, arguments), arguments);
  };
  const auto [status, status_arguments] = step("status", "show the members and the rollout");
  status->add_flag("--watch", status_arguments->watch, "again and again");
  status->callback([&globals, a = status_arguments] { run_group_status(globals, *a); });
  const auto [abort, abort_arguments] = step("abort", "leave the group at what it serves");
  abort->add_option("--reason", abort_arguments->reason, "why, for the history");
  abort->callback([&globals, a = abort_arguments] { run_abort(globals, *a); });
  const auto [history, history_arguments] = step("history", "show rollouts that have ended");
  history->add_option("-n,--limit", history_arguments->limit, "how many (20)")
      ->check(CLI::Range(1, 1000));
  history->callback([&globals, a = history_arguments] { run_history(globals, *a); });
  const auto [forget, forget_arguments] =
      step("forget", "remove a member that is gone for good, and answers nobody");
  forget->add_option("member", forget_arguments->member, "its name")->required();
  forget->callback([&globals, a = forget_arguments] { run_forget(globals, *a); });
}

}  // namespace metaset::app
