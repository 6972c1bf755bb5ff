// Where the programs and the configuration are that `metaset serve` puts together.
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

#include "serve_options.h"

namespace metaset::app {
namespace {

std::string own_directory() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw system_error(error.value(), "cannot read", "/proc/self/exe");
  return self.parent_path().string();
}

bool is_program(const std::string& path) {
  const auto info = file_info(path);
  return info && info->is_regular && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> path_directories() {
  const char* const text = std::getenv("PATH");
  std::vector<std::string> directories;
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (rest.starts_with('/')) directories.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return directories;
}

std::string find_program(std::string_view name, const std::vector<std::string>& directories,
                         std::string_view advice) {
  for (const std::string& directory : directories) {
    std::string path = join_path(directory, name);
    if (is_program(path)) return path;
  }
  throw Error(Code::kNotFound, fmt::format("the program {} was not found: {}", name, advice));
}

std::string find_nginx(const std::string& given) {
  if (!given.empty()) {
    if (is_program(given)) return std::filesystem::absolute(given).string();
    throw Error(Code::kNotFound, given + " is not a program (--nginx)");
  }
  std::vector<std::string> directories = path_directories();
  // Where it is when the PATH is that of an ordinary user.
  for (const char* more : {"/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/nginx/sbin"}) {
    directories.emplace_back(more);
  }
  return find_program("nginx", directories, "install nginx, or say where it is with --nginx PATH");
}

std::string find_configuration(const std::string& own) {
  std::vector<std::string> candidates;
  if (const char* given = std::getenv("METASET_NGINX_DIR"); given != nullptr && *given != '\0') {
    candidates = {given};
  } else {
    candidates = {own + "/../share/metaset/nginx", own + "/../nginx", own + "/../../nginx"};
  }
  for (const std::string& directory : candidates) {
    if (!file_info(join_path(directory, "depot.conf"))) continue;
    return std::filesystem::weakly_canonical(directory).string();
  }
  throw Error(Code::kNotFound,
              fmt::format("the configuration for nginx was not found in {}: install metaset, or "
                          "name its directory in METASET_NGINX_DIR",
                          fmt::join(candidates, ", ")));
}

}  // namespace

ServePrograms find_programs(const ServeOptions& options) {
  const std::string own = own_directory();
  std::vector<std::string> beside = {own};
  for (std::string& directory : path_directories()) beside.push_back(std::move(directory));
  const std::string advice =
      fmt::format("it belongs beside metaset, in {}, or in a directory of PATH", own);
  ServePrograms programs;
  programs.metaset_serve = find_program("metaset-serve", beside, advice);
  if (options.needs_metaset_publish()) {
    programs.metaset_publish = find_program("metaset-publish", beside, advice);
  }
  programs.nginx = find_nginx(options.nginx);
  programs.configuration = find_configuration(own);
  return programs;
}

std::optional<Account> account_for(const std::string& repository) {
  if (::geteuid() != 0) return std::nullopt;
  const std::string database = store::committed_directory(repository);
  struct stat status {};
  if (::stat(database.c_str(), &status) != 0) throw system_error(errno, "cannot look at", database);
  if (status.st_uid == 0) return std::nullopt;
  return Account{std::to_string(status.st_uid), status.st_uid, status.st_gid};
}

}  // namespace metaset::app
