// metaset agent: the part of a depot in its group (man/metaset.1).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <poll.h>

#include "metaset/base/error.h"
#include "metaset/base/log.h"
#include "metaset/base/notify.h"
#include "metaset/group/agent.h"
#include "metaset/group/replicate.h"
#include "metaset/store/layout.h"

#include "cli.h"
#include "etcd_options.h"
#include "help_format.h"
#include "http_options.h"
#include "progress.h"
#include "serve_signals.h"
#include "trust_option.h"

namespace metaset::app {

namespace {

struct AgentArguments {
  std::string member, gate, memory, listen;
  double ttl = 6;  // seconds
  std::vector<std::string> from;
  group::ReplicateOptions replicating;
};

constexpr std::chrono::milliseconds kAgentLook{200};

// Tells the service manager that this lives, as often as it wants to hear it.
class LifeSigns {
 public:
  explicit LifeSigns(const Notifier& manager)
      : manager_(manager), interval_(manager.watchdog_interval()) {}

  // `lives` is asked when it is time to tell; it is asked again soon until it says so.
  template <typename Ask>
  void tell_if(const Ask& lives) {
    if (!interval_ || Clock::now() < next_ || !lives()) return;
    manager_.send("WATCHDOG=1");
    next_ = Clock::now() + *interval_;
  }
  void tell_until(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any wake;
    while (interval_ && !stop.stop_requested()) {
      tell_if([] { return true; });
      wake.wait_for(lock, stop, std::min(kAgentLook, *interval_), [] { return false; });
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Notifier& manager_;
  const std::optional<std::chrono::milliseconds> interval_;
  Clock::time_point next_;
};

// The service manager is told "ready" before what may take hours: it would not wait for that.
// Meanwhile it is told that the process lives, and no more: all that is waited for has limits of
// its own, and a member that has nothing yet keeps nobody waiting.
std::unique_ptr<store::Repository> open_or_replicate(const Globals& globals,
                                                     const AgentArguments& arguments,
                                                     const Notifier& manager) {
  if (store::Repository::is_repository(globals.root())) return open_for_writing(globals);
  if (arguments.from.empty()) return open_for_writing(globals);  // says what is wrong
  manager.send("READY=1\nSTATUS=the repository is fetched");
  const std::jthread living(
      [&manager](const std::stop_token& stop) { LifeSigns(manager).tell_until(stop); });
  Progress progress;
  group::ReplicateResult result;
  return group::replicate_anew(globals.root(), arguments.from, arguments.replicating,
                               progress.callback(), result);
}

void fetch(store::Repository& repository, const AgentArguments& arguments, std::uint64_t metaset,
           const ProgressCallback& progress, const std::stop_token& stop) {
  if (arguments.from.empty()) {
    throw Error(Code::kUnavailable,
                fmt::format("metaset {} is not here, and no --from says where it is", metaset));
  }
  group::ReplicateOptions options = arguments.replicating;
  options.target = metaset;
  options.http.stop = stop;
  group::ReplicateResult result;
  group::replicate(repository, arguments.from, options, progress, result);
}

group::AgentOptions agent_options(const Globals& globals, const AgentArguments& arguments,
                                  const GroupArguments& in_group, const Notifier& manager) {
  group::AgentOptions options;
  options.group = in_group.group;
  options.member = arguments.member;
  options.etcd = etcd_options(in_group);
  options.gate = arguments.gate;
  options.memory =
      arguments.memory.empty() ? store::client_memory_path(globals.root()) : arguments.memory;
  options.listen = group::parse_peer_address(arguments.listen);
  options.ttl = std::chrono::milliseconds(static_cast<std::int64_t>(arguments.ttl * 1000));
  options.when_in = [&in_group, &arguments, &manager] {
    const std::string what =
        fmt::format("member {} takes part in group {}", arguments.member, in_group.group);
    print("metaset: " + what + "\n");
    manager.send("STATUS=" + what);
  };
  return options;
}

// Until a signal comes or the agent ends by itself.
void run_until_signal(store::Repository& repository, const group::AgentOptions& options,
                      const Notifier& manager) {
  SignalEvents signals({SIGINT, SIGTERM, SIGHUP});
  const Logger log(2, "metaset-agent", Level::kInfo, log_format_of_environment());
  group::Rounds rounds;
  LifeSigns signs(manager);
  std::exception_ptr failure;
  std::atomic<bool> ended{false};
  {
    std::jthread agent([&](const std::stop_token& stop) {
      try {
        group::run_agent(repository, options, log, rounds, stop);
      } catch (...) {
        failure = std::current_exception();
      }
      ended = true;
    });
    for (bool waiting = true; waiting && !ended;) {
      pollfd event{signals.fd(), POLLIN, 0};
      ::poll(&event, 1, static_cast<int>(kAgentLook.count()));
      signs.tell_if([&rounds] { return rounds.all_went_round(); });
      // There is nothing to reload.
      while (const auto signal = signals.next()) waiting = waiting && *signal == SIGHUP;
    }
    manager.send("STOPPING=1");
  }
  if (failure) std::rethrow_exception(failure);
}

void run_agent_command(Globals& globals, AgentArguments& arguments,
                       const GroupArguments& in_group) {
  arguments.replicating.who = identity();
  arguments.replicating.actor = local_actor();
  const Notifier manager = Notifier::from_environment();
  group::AgentOptions options = agent_options(globals, arguments, in_group, manager);
  const auto repository = open_or_replicate(globals, arguments, manager);
  manager.send(fmt::format("READY=1\nSTATUS=member {} is about to take part in group {}",
                           arguments.member, in_group.group));
  options.fetch = [&](std::uint64_t metaset, const ProgressCallback& progress,
                      const std::stop_token& stop) {
    fetch(*repository, arguments, metaset, progress, stop);
  };
  run_until_signal(*repository, options, manager);
}

}  // namespace

void define_agent(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "agent",
                                  "take part in a group of depots, in the foreground", false);
  auto arguments = std::make_shared<AgentArguments>();
  const auto in_group = add_group_options(*command);
  command->add_option("--member", arguments->member, "name of this depot in the group")
      ->type_name("NAME")
      ->required();
  command->add_option("--gate", arguments->gate, "tells the workers what to answer (METASET_GROUP)")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--memory", arguments->memory,
                   "client memory, if METASET_MEMORY names another file")
      ->type_name("FILE");
  command->add_option("--listen", arguments->listen, "UDP, at which other members reach this one")
      ->type_name("ADDRESS:PORT")
      ->required();
  command->add_option("--ttl", arguments->ttl, "seconds without etcd until it stops answering (6)")
      ->check(CLI::Range(2.0, 60.0));
  command->add_option("--from", arguments->from, "depot or repository with new metasets, in order")
      ->type_name("URL")
      ->allow_extra_args(false);
  command->add_option("--threads", arguments->replicating.threads, "threads that fetch (8)")
      ->check(CLI::Range(1U, 256U));
  const auto trusted = add_trust_option(*command, "a key that must have signed what is fetched");
  add_http_options(*command, arguments->replicating.http);
  add_token_option(*command, arguments->replicating.http);
  seldom_needed(*command, {"--memory", "--threads"});
  command->callback([&globals, arguments, in_group, trusted] {
    arguments->replicating.trusted = read_trusted_keys(*trusted);
    run_agent_command(globals, *arguments, *in_group);
  });
}

}  // namespace metaset::app
