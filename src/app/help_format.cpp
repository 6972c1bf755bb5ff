#include "help_format.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace metaset::app {

namespace {

using Commands = std::vector<const CLI::App*>;
using OptionList = std::vector<const CLI::Option*>;

constexpr const char* kSeldom = "More options";  // the group of options that --help only names

constexpr std::size_t kColumn = 30;  // where descriptions begin
constexpr std::size_t kWidth = 80;
// So many commands are a list of their own; more are told by their names.
constexpr std::size_t kFewCommands = 10;

// Words, in lines that begin at a column; the first line has come up to `used`.
std::string wrapped(std::string_view text, std::size_t column, std::size_t used) {
  std::string out;
  if (used + 2 > column) out += '\n', used = 0;
  bool first = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!first && used + 1 + word.size() > kWidth) out += '\n', used = 0, first = true;
    const std::size_t blanks = first ? column - used : 1;
    out.append(blanks, ' ') += word;
    used += blanks + word.size();
    first = false;
  }
  return out + '\n';
}

std::string entry(const std::string& name, const std::string& description) {
  return "  " + name + wrapped(description, kColumn, 2 + name.size());
}

// What an option takes: its choices, or the name of its type. CLI11 tells a type and its checks as
// "TEXT:{a,b}" or "UINT:UINT in [1 - 256]".
std::string taken_by(const CLI::Option& option) {
  std::string type = option.get_type_name();
  if (const auto choices = type.find(":{"); choices != std::string::npos) {
    type = type.substr(choices + 2, type.size() - choices - 3);
    std::replace(type.begin(), type.end(), ',', '|');
    return type;
  }
  if (!type.ends_with(":PORT")) type = type.substr(0, type.find(':'));
  return type == "UINT" || type == "INT" || type == "FLOAT" ? "NUMBER" : type;
}

Commands in_group(const CLI::App& app, const std::string& group) {
  return app.get_subcommands(
      [&group](const CLI::App* command) { return command->get_group() == group; });
}

std::vector<std::string> groups_of(const CLI::App& app) {
  std::vector<std::string> groups;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (std::find(groups.begin(), groups.end(), command->get_group()) == groups.end()) {
      groups.push_back(command->get_group());
    }
  }
  return groups;
}

// Those that can be run.
std::string leaves(const CLI::App& command, const std::string& name) {
  const Commands below = command.get_subcommands({});
  if (below.empty()) return entry(name, command.get_description());
  std::string out;
  for (const CLI::App* one : below) out += leaves(*one, name + " " + one->get_name());
  return out;
}

// Of commands or options.
template <typename List>
std::string names_of(const List& list) {
  std::string out;
  for (const auto* one : list) out += (out.empty() ? "" : " ") + one->get_name();
  return wrapped(out, 2, 0);
}

OptionList options_in(const CLI::App& app, const std::string& group) {
  return app.get_options([&group](const CLI::Option* option) {
    return option->nonpositional() && option->get_group() == group;
  });
}

// Whether --help leaves out what something is for.
bool is_abridged(const CLI::App& app) {
  return app.get_subcommands({}).size() > kFewCommands || !options_in(app, kSeldom).empty();
}

// "metaset rollout start"
std::string full_name(const CLI::App& app) {
  const CLI::App* const above = app.get_parent();
  return (above == nullptr ? std::string() : full_name(*above) + " ") + app.get_name();
}

}  // namespace

void add_help(CLI::App& app) {
  app.formatter(std::make_shared<HelpFormat>());
  app.set_help_all_flag("--help-all", "Print all of these with what they do and exit");
}

void seldom_needed(CLI::App& command, std::initializer_list<const char*> options) {
  for (const char* const option : options) command.get_option(option)->group(kSeldom);
}

HelpFormat::HelpFormat() {
  label("Positionals", "Arguments");
  label("SUBCOMMAND", "COMMAND");
}

std::string HelpFormat::make_help(const CLI::App* app, std::string name,
                                  CLI::AppFormatMode mode) const {
  std::string out = make_description(app) + make_usage(app, name);
  out += make_positionals(app) + make_option_groups(app, mode) + make_subcommands(app, mode);
  return mode == CLI::AppFormatMode::All ? out : out + make_footer(app);
}

std::string HelpFormat::make_option_groups(const CLI::App* app, CLI::AppFormatMode mode) const {
  OptionList options = options_in(*app, "Options");
  // --help-all is understood everywhere, and told of where it tells more.
  if (!is_abridged(*app)) std::erase(options, app->get_help_all_ptr());
  std::string out = make_group("Options", false, options);
  const OptionList seldom = options_in(*app, kSeldom);
  if (seldom.empty()) return out;
  if (mode == CLI::AppFormatMode::All) return out + make_group(kSeldom, false, seldom);
  out += std::string("\n") + kSeldom + " (" + full_name(*app) + " --help-all):\n";
  return out + names_of(seldom);
}

std::string HelpFormat::make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const {
  const bool few = app->get_subcommands({}).size() <= kFewCommands;
  std::string out;
  for (const std::string& group : groups_of(*app)) {
    const Commands commands = in_group(*app, group);
    out += few || mode == CLI::AppFormatMode::All || out.empty() ? "\n" : "";
    out += (group == "Subcommands" ? "Commands" : group) + ":\n";
    if (mode == CLI::AppFormatMode::All) {
      for (const CLI::App* command : commands) out += leaves(*command, command->get_name());
    } else if (few) {
      for (const CLI::App* command : commands) out += make_subcommand(command);
    } else {
      out += names_of(commands);
    }
  }
  return out;
}

std::string HelpFormat::make_subcommand(const CLI::App* sub) const {
  return entry(sub->get_name(), sub->get_description());
}

// Arguments that are one option in the program say what they are by its type.
std::string HelpFormat::make_option_usage(const CLI::Option* option) const {
  const std::string type = option->get_type_name();
  return type.find(' ') == std::string::npos ? Formatter::make_option_usage(option) : type;
}

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  std::string name = make_option_name(option, is_positional);
  std::string description = make_option_desc(option);
  if (is_positional) return entry(name, description);
  if (option->get_type_size() != 0) name += " " + taken_by(*option);
  if (option->get_expected_max() == CLI::detail::expected_max_vector_size) name += " ...";
  if (!option->get_default_str().empty()) description += " (" + option->get_default_str() + ")";
  if (option->get_required()) description += " (required)";
  return entry(name, description);
}

}  // namespace metaset::app
