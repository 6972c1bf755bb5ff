#include "metaset/fcgi/serve.h"

#include <memory>
#include <optional>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/fcgi/listener.h"

namespace metaset::fcgi {

int serve(const ServeOptions& options, const ServiceFactory& service, const Logger& log) {
  const std::optional<Listener> listener =
      options.listen.empty() ? Listener::inherited()
                             : std::optional(Listener::open(options.listen, options.socket_mode));
  if (listener) {
    // Whoever handed a socket over knows.
    if (!options.listen.empty()) log.info(fmt::format("listening on {}", listener->name()));
    PoolOptions pool = options.pool;
    pool.notifier = Notifier::from_environment();
    return run_pool(listener->fd(), pool, service, log);
  }
  if (!is_cgi()) {
    throw Error(
        Code::kUsage,
        "There is no socket to listen on: name one, or let a web server start this program.");
  }
  const http::HandlerFactory factory = service();
  const std::unique_ptr<http::Handler> handler = factory();
  return run_cgi(*handler);
}

}  // namespace metaset::fcgi
