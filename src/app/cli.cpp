#include "cli.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/store/audit.h"
#include "metaset/store/commit.h"

namespace metaset::app {

// The one place where errors become exit statuses.
int exit_code_of(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  if (known == nullptr) return kFailed;
  return known->code() == Code::kUsage ? kBadUsage : kFailed;
}

// The variable is not left to CLI11: it would set the options of all other commands from it, and so
// what -d has set, because they share it.
std::string Globals::root() const {
  if (!repository.empty()) return repository;
  const char* const named = std::getenv("METASET_ROOT");
  if (named == nullptr || *named == '\0') {
    throw Error(Code::kUsage, "no repository: give one with -d DIRECTORY or in METASET_ROOT");
  }
  return named;
}

CLI::App* add_command(CLI::App& app, Globals& globals, const char* name, const char* summary,
                      bool json) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->add_option("-d,--repository", globals.repository, "the repository (METASET_ROOT)")
      ->type_name("DIRECTORY");
  if (json) command->add_flag("--json", globals.json, "print JSON for programs");
  return command;
}

std::string identity() {
  std::string user = std::to_string(::getuid());
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) {
    user = entry.pw_name;
  }
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return user + "@" + host;
}

store::Actor local_actor() { return {"local:" + identity(), {}}; }

void note_in_audit(store::Repository& repository, const std::vector<Deed>& deeds) {
  if (deeds.empty()) return;
  const std::string who = local_actor().identity;
  std::vector<store::AuditEvent> events;
  for (const Deed& deed : deeds) events.push_back({who, {}, deed.event, deed.object, deed.result});
  try {
    store::Audit(repository.staging()).append(events);
  } catch (const Error& error) {
    std::fprintf(stderr, "metaset: warning: this is not in the audit: %s\n", error.what());
  }
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw system_error(errno, "cannot write to", "standard output");
  }
}

void print_json(const rapidjson::Value& value) { print(pretty_json(value, false)); }

std::string for_people(Time time) { return iso_timestamp(time).substr(0, 19) + "Z"; }

std::string human_size(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::unique_ptr<store::Repository> open_for_writing(const Globals& globals) {
  auto repository = std::make_unique<store::Repository>(globals.root(), store::Access::kWrite);
  store::settle(*repository);
  return repository;
}

}  // namespace metaset::app
