// metaset-serve: the retrieval workers (man/metaset-serve.8).
#include <algorithm>
#include <memory>
#include <thread>

#include "metaset/http/depot_state.h"
#include "metaset/http/dispatch.h"

#include "worker_program.h"

namespace {

using namespace metaset;

http::HandlerFactory make_service(unsigned threads, const Logger& log) {
  auto service = std::make_shared<http::DepotService>(
      threads, store::Access::kRead,
      http::DepotService::Counting{metrics::Program::kServe, app::counting_place()});
  return [service, &log] {
    return std::make_unique<http::Dispatcher>(http::routes(), http::page_route(),
                                              http::Role::kRetrieve,
                                              std::make_unique<http::DepotState>(service), log);
  };
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  return app::run(
      {"metaset-serve", "Answers retrieval requests of package clients over FastCGI or CGI",
       processors, make_service},
      argc, argv);
}
