#include "http/file_read.h"

#include <fmt/format.h>

namespace metaset::http {

Error shortened(const std::string& path, std::uint64_t size) {
  return Error(Code::kCorrupt, fmt::format("{} is shorter than its {} bytes", path, size));
}

}  // namespace metaset::http
