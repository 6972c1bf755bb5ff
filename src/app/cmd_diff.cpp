// metaset diff: what is different between two metasets.
#include <fmt/format.h>

#include "metaset/depot/diff.h"

#include "cli.h"
#include "diff_text.h"
#include "open_view.h"

namespace metaset::app {

namespace {

constexpr std::size_t kPrintedAtOnce = 64 << 10;

struct DiffOptions {
  std::string from, to;  // empty: the active metaset
  bool actions = false;
};

void print_diff_json(Globals& globals, const store::View& from, const store::View& to,
                     depot::DiffDepth depth) {
  rapidjson::Document json;
  const rapidjson::Value value = depot::diff_json(from, to, depth, json);
  if (value["packages"].Empty()) globals.exit_code = kNothing;
  print_json(value);
}

void print_diff_text(Globals& globals, const store::View& from, const store::View& to,
                     depot::DiffDepth depth) {
  DiffCounts counts;
  std::string text;
  depot::diff_metasets(from, to, depth, [&](const depot::PackageDiff& package) {
    counts.count(package);
    text += diff_text(package, depth);
    if (text.size() < kPrintedAtOnce) return;
    print(text);
    text.clear();
  });
  if (counts.any()) {
    text += fmt::format("metaset {} -> {}: {}\n", from.number(), to.number(), counts.text(depth));
  } else {
    text = fmt::format("metasets {} and {} have the same packages\n", from.number(), to.number());
    globals.exit_code = kNothing;
  }
  print(text);
}

void run_diff(Globals& globals, const DiffOptions& options) {
  const OpenView open(globals, "");
  const auto metaset = [&](const std::string& text) {
    if (text.empty()) return open.view();
    return open.view().at(store::require_metaset(open.view().env(), open.view().txn(), text));
  };
  const store::View from = metaset(options.from);
  const store::View to = metaset(options.to);
  const auto depth = options.actions ? depot::DiffDepth::kActions : depot::DiffDepth::kPackages;
  (globals.json ? print_diff_json : print_diff_text)(globals, from, to, depth);
}

}  // namespace

void define_diff(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "diff", "show what is different between two metasets", true);
  auto options = std::make_shared<DiffOptions>();
  command->add_flag("--actions", options->actions, "also the actions of packages, with sizes");
  command->add_option("from", options->from, "number, tag or time of the one metaset")->required();
  command->add_option("to", options->to, "the other one (default: the active one)");
  command->callback([&globals, options] { run_diff(globals, *options); });
}

}  // namespace metaset::app
