// What the parts of `metaset serve` share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "child_process.h"

namespace metaset::app {

struct ServeOptions {
  std::string repository;  // absolute, without a final slash
  std::string address = "127.0.0.1";
  std::uint16_t port = 10000;  // 0: any free one
  unsigned workers = 2, threads = 4;
  std::string access_log;   // empty: none
  std::string base;         // "/r", or empty
  std::string mode;         // default, readonly or mirror; empty: default
  std::string disable_ops;  // as METASET_DISABLE_OPS
  std::string nginx;        // empty: to be found
};

// What is needed besides the repository. All are absolute paths.
struct ServePrograms {
  std::string metaset_serve, nginx;
  std::string configuration;  // directory of http.conf and the others
};

// Looks beside this program, then where things are installed. kNotFound naming what is missing,
// where it was looked for and what to do.
ServePrograms find_programs(const std::string& nginx);

// Whom the children have to be, so that they can read the repository and what they write there
// belongs to its owner: nullopt unless root serves a repository of somebody else.
std::optional<Account> account_for(const std::string& repository);

}  // namespace metaset::app
