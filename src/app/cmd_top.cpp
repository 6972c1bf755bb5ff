// metaset top: what a depot is doing (man/metaset-top.1).
#include <cstdlib>
#include <optional>

#include <poll.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/store/layout.h"

#include "cli.h"
#include "serve_signals.h"
#include "top_figures.h"
#include "top_screen.h"

namespace metaset::app {
namespace {

using Clock = std::chrono::steady_clock;

struct TopCommand {
  TopPlaces places;
  double interval = 2;  // seconds
  bool once = false;
};

bool wants_colours() {
  const char* const no = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return (no == nullptr || *no == '\0') && !dumb && ::isatty(STDOUT_FILENO) == 1;
}

bool has_screen() {
  const char* const terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1 && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

enum class Event { kTime, kRedraw, kEnd };

// Whatever comes first: the time, a signal, a key.
Event wait(SignalEvents& signals, bool keys, Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  pollfd events[] = {{signals.fd(), POLLIN, 0}, {keys ? STDIN_FILENO : -1, POLLIN, 0}};
  const int limit = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  if (::poll(events, 2, limit) == 0) return Event::kTime;
  Event event = Event::kRedraw;
  while (const auto signal = signals.next()) {
    if (*signal != SIGWINCH && *signal != SIGTSTP) event = Event::kEnd;
  }
  if ((events[1].revents & (POLLIN | POLLHUP)) != 0) {
    char key = 0;
    const ssize_t count = ::read(STDIN_FILENO, &key, 1);
    if (count <= 0 || key == 'q' || key == 'Q') event = Event::kEnd;
  }
  return event;
}

void show(const TopCommand& command, const TopFigures& figures, bool json, bool colours) {
  if (json) return print_json(top_json(figures));
  print(top_text(figures, command.places, colours));
}

void run_top(const Globals& globals, TopCommand& command) {
  if (command.places.counters.empty()) {
    command.places.counters = store::metrics_path(globals.root());
  }
  command.places.repository = globals.repository;
  const auto interval =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(command.interval));
  SignalEvents signals({SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP});
  TopLook look(command.places);
  look.take();  // fails here if nothing is counted, before the screen is taken
  const bool colours = wants_colours();
  std::optional<TopScreen> screen;
  if (!command.once && !globals.json && has_screen()) screen.emplace();
  std::string text = screen ? "metaset top: looking for a moment; q ends it\n" : "";
  auto next = Clock::now() + interval;
  while (true) {
    if (screen) screen->draw(text);
    const Event event = wait(signals, screen.has_value(), next);
    if (event == Event::kEnd) return;
    if (event == Event::kRedraw) continue;
    const TopFigures figures = look.take();
    next = Clock::now() + interval;
    if (screen) {
      text = top_text(figures, command.places, colours);
    } else {
      show(command, figures, globals.json, colours);
    }
    if (command.once) return;
  }
}

}  // namespace

void define_top(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "top", "show what a depot is doing, until q or Ctrl-C", true);
  auto options = std::make_shared<TopCommand>();
  command
      ->add_option("--counters", options->places.counters,
                   "file that workers count in, if METASET_METRICS names another one than "
                   "catalog/metrics in the repository")
      ->type_name("FILE");
  command->add_option("--gate", options->places.gate, "file of metaset agent (its --gate)")
      ->type_name("FILE");
  command->add_option("-i,--interval", options->interval, "seconds between two looks (2)")
      ->check(CLI::Range(0.1, 3600.0));
  command->add_flag("--once", options->once, "look for one interval, print that, and end");
  command->callback([&globals, options] { run_top(globals, *options); });
}

}  // namespace metaset::app
