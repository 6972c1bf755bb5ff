// The main configuration of the private nginx, around the files of nginx/. Pure functions of their
// arguments, except that the shipped paths.conf is read. Errors: kUsage for paths that cannot be
// written in nginx' language, kCorrupt for a paths.conf that is not ours.
#pragma once

#include <string>
#include <string_view>

#include "serve_options.h"

namespace metaset::app {

// Places below the private directory of one `metaset serve`.
struct ServePlaces {
  std::string directory;
  std::string serve_socket() const { return directory + "/s"; }
  std::string publish_socket() const { return directory + "/p"; }
  std::string config() const { return directory + "/nginx.conf"; }
  std::string paths() const { return directory + "/paths.conf"; }
  std::string cache() const { return directory + "/cache"; }
  // The shipped files are found as metaset/NAME beside the main configuration.
  std::string shipped() const { return directory + "/metaset"; }
};

// ADDRESS:PORT as nginx writes it.
struct ServeAddresses {
  std::string depot;
  std::string publish;  // empty: nothing can be published
};

std::string nginx_config(const ServeOptions& options, const ServePlaces& places,
                         const ServeAddresses& addresses, bool as_root);
// The shipped paths.conf with the paths of this directory.
std::string nginx_paths(std::string_view shipped, const ServePlaces& places);

}  // namespace metaset::app
