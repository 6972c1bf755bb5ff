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

std::optional<std::string> look_for(std::string_view name,
                                    const std::vector<std::string>& directories) {
  for (const std::string& directory : directories) {
    std::string path = join_path(directory, name);
    if (is_program(path)) return path;
  }
  return std::nullopt;
}

Error not_found(std::string_view name, std::string_view advice) {
  return Error(Code::kNotFound, fmt::format("the program {} was not found: {}", name, advice));
}

std::string find_program(std::string_view name, const std::vector<std::string>& directories,
                         std::string_view advice) {
  if (const auto found = look_for(name, directories)) return *found;
  throw not_found(name, advice);
}

std::string find_web_server(const std::string& given, std::initializer_list<const char*> names,
                            std::string_view option) {
  if (!given.empty()) {
    if (is_program(given)) return std::filesystem::absolute(given).string();
    throw Error(Code::kNotFound, fmt::format("{} is not a program ({})", given, option));
  }
  std::vector<std::string> directories = path_directories();
  // Where it is when the PATH is that of an ordinary user.
  for (const char* more : {"/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/nginx/sbin",
                           "/usr/local/apache2/bin"}) {
    directories.emplace_back(more);
  }
  const char* const first = *names.begin();
  const std::string advice = fmt::format("install it, or say where it is with {} PATH", option);
  for (const char* const name : names) {
    if (const auto found = look_for(name, directories)) return *found;
  }
  throw not_found(first, advice);
}

// Where distributions put the modules of Apache, and where it puts them itself.
std::string find_modules(const std::string& apache) {
  const std::string top = apache.substr(0, apache.rfind('/', apache.rfind('/') - 1));
  std::vector<std::string> candidates;
  for (const char* below : {"lib/apache2/modules", "lib64/httpd/modules", "lib/httpd/modules",
                            "lib64/apache2", "modules", "libexec"}) {
    candidates.push_back(join_path(top, below));
  }
  for (const std::string& directory : candidates) {
    if (file_info(join_path(directory, "mod_rewrite.so"))) return directory;
  }
  throw Error(Code::kNotFound, fmt::format("the modules of {} were not found in {}", apache,
                                           fmt::join(candidates, ", ")));
}

// `server` is nginx or apache, as its directory is called; `given` is the value of the variable.
std::string find_configuration(const std::string& own, std::string_view server,
                               const char* variable, const char* given) {
  std::vector<std::string> candidates;
  if (given != nullptr && *given != '\0') {
    candidates = {given};
  } else {
    for (const char* const below : {"/../share/metaset/", "/../", "/../../"}) {
      candidates.push_back(fmt::format("{}{}{}", own, below, server));
    }
  }
  for (const std::string& directory : candidates) {
    if (!file_info(join_path(directory, "depot.conf"))) continue;
    return std::filesystem::weakly_canonical(directory).string();
  }
  throw Error(Code::kNotFound,
              fmt::format("the configuration for {} was not found in {}: install metaset, or "
                          "name its directory in {}",
                          server, fmt::join(candidates, ", "), variable));
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
  if (options.web == WebKind::kNginxCgi) {
    beside.emplace_back("/usr/sbin");
    programs.fcgiwrap = find_program("fcgiwrap", beside, "install it, in a directory of PATH");
  }
  if (is_apache(options.web)) {
    programs.web = find_web_server(options.apache, {"apache2", "httpd"}, "--apache");
    programs.web_modules = find_modules(programs.web);
    programs.configuration =
        find_configuration(own, "apache", "METASET_APACHE_DIR", std::getenv("METASET_APACHE_DIR"));
  } else {
    programs.web = find_web_server(options.nginx, {"nginx"}, "--nginx");
    programs.configuration =
        find_configuration(own, "nginx", "METASET_NGINX_DIR", std::getenv("METASET_NGINX_DIR"));
  }
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
