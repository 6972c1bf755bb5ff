// The private web server of `metaset serve`, around the configuration that is shipped for it: nginx
// or Apache. Its main configuration is a pure function of the options. Errors: kUsage for paths
// that cannot be written in its language, kCorrupt for a paths.conf that is not ours.
// Thread-safety: one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/fcgi/listener.h"

#include "child_process.h"
#include "serve_options.h"

namespace metaset::app {

// Places below the private directory of one `metaset serve`.
struct ServePlaces {
  std::string directory;
  std::string serve_socket() const { return directory + "/s"; }
  std::string publish_socket() const { return directory + "/p"; }
  std::string paths() const { return directory + "/paths.conf"; }
  std::string cache() const { return directory + "/cache"; }
  // The shipped files are found as metaset/NAME beside the main configuration.
  std::string shipped() const { return directory + "/metaset"; }
};

// ADDRESS:PORT as web servers write it.
struct ServeAddresses {
  std::string depot;
  std::string publish;  // empty: nothing can be published
};

struct WebContext {
  const ServeOptions& options;
  const ServePrograms& programs;
  const ServePlaces& places;
  ServeAddresses addresses;
  bool as_root = false;  // its processes have to stay root to read the repository
};

class WebServer {
 public:
  virtual ~WebServer() = default;
  virtual const char* name() const = 0;
  // The main configuration and paths.conf, below the places.
  virtual void write_files(const WebContext& context) const = 0;
  // How it is started; `ports` are the sockets of the addresses.
  virtual ChildOptions command(const WebContext& context,
                               const std::vector<fcgi::Listener>& ports) const = 0;
  // Whether it takes listening sockets over; if not, it opens those ports itself.
  virtual bool inherits_sockets() const = 0;
  // Whether it keeps the connections of clients when it opens its logs again (SIGUSR1).
  virtual bool keeps_connections() const = 0;
  // Ends it when its requests have been answered. SIGTERM ends it at once.
  virtual int stop_signal() const = 0;
};

// Parameters of the locations that every web server sets alike, by their names without METASET_ and
// in lower case. An empty value is not set. Refer to the options.
struct WebSetting {
  std::string_view name, value;
};
using WebSettings = std::vector<WebSetting>;
WebSettings depot_settings(const ServeOptions& options);
WebSettings preview_settings(const ServeOptions& options);
WebSettings publish_settings(const ServeOptions& options);

// Of all kinds: the options say which. fcgiwrap listens where metaset-serve would.
std::unique_ptr<WebServer> make_nginx();
std::unique_ptr<WebServer> make_apache();

// A shipped paths.conf with other paths; kCorrupt if it lacks one of them.
std::string with_paths(std::string shipped,
                       const std::vector<std::pair<std::string_view, std::string>>& ours);
// That of the programs' configuration, or another file of it.
std::string shipped_paths(const ServePrograms& programs, std::string_view name = "paths.conf");

}  // namespace metaset::app
