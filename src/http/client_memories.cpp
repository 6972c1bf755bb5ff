#include "metaset/http/active_view.h"
#include "metaset/store/layout.h"

namespace metaset::http {

std::shared_ptr<group::ClientMemory> ClientMemories::get(const Config& config, const Logger& log) {
  return files_.get(
      config.memory, log, Files::Clock::now(), "What clients are given is not remembered",
      [&] { return group::ClientMemory::open(config.memory, store::lock_file_path(config.root)); });
}

}  // namespace metaset::http
