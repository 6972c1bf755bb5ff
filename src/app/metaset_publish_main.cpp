// metaset-publish: the publish worker (man/metaset-publish.8).
#include <cstddef>
#include <memory>

#include "metaset/base/memory.h"
#include "metaset/http/dispatch.h"
#include "metaset/http/publish_state.h"

#include "worker_program.h"

namespace {

using namespace metaset;

// What a request needs for compressing, hashing and blocks of its body, several times over.
constexpr std::size_t kKeptMemory = 2 << 20;
constexpr unsigned kProcesses = 1;  // threads share one commit

http::HandlerFactory make_service(unsigned threads, const Logger& log) {
  auto service = std::make_shared<http::PublishService>(threads, log, app::counting_place());
  return [service, &log] {
    return std::make_unique<http::Dispatcher>(http::routes(), http::page_route(),
                                              http::Role::kPublish,
                                              std::make_unique<http::PublishState>(service), log);
  };
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory(kKeptMemory);
  return app::run(
      {"metaset-publish", "Answers publication requests of package tools over FastCGI or CGI",
       kProcesses, make_service},
      argc, argv);
}
