// How --help looks: lines of at most 80 columns, on one screen where that is possible.
//
// The completions for shells (completions/) read what it prints: two blanks, the spellings of an
// option separated by commas, what it takes, and after two blanks or on the next line what it is
// for. Thread-safety: none is needed, programs print help once and end.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace metaset::app {

class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat();

  // kAll: every command with what it does, also those below others.
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  // Commands in many groups by their names, others each with what it does.
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
  std::string make_subcommand(const CLI::App* sub) const override;
  std::string make_option_usage(const CLI::Option* option) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
};

}  // namespace metaset::app
