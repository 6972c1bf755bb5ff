// How --help looks: one screen of 80 columns and 24 lines. What few people need is only named
// there; --help-all tells of everything.
//
// The completions for shells (completions/) read what --help-all prints: two blanks, the spellings
// of an option separated by commas, what it takes, and after two blanks or on the next line what it
// is for. Thread-safety: none is needed, programs print help once and end.
#pragma once

#include <initializer_list>
#include <string>

#include <CLI/CLI.hpp>

namespace metaset::app {

// --help and --help-all of a program, and of the commands that it is given after this.
void add_help(CLI::App& app);
// Options of a command that --help only names. Each must be there.
void seldom_needed(CLI::App& command, std::initializer_list<const char*> options);

class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat();

  // kAll: all options, and every command with what it does, also those below others.
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  // Commands in many groups by their names, others each with what it does.
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
  std::string make_subcommand(const CLI::App* sub) const override;
  std::string make_option_usage(const CLI::Option* option) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;

 private:
  std::string make_option_groups(const CLI::App* app, CLI::AppFormatMode mode) const;
};

}  // namespace metaset::app
