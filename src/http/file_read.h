// Reading a body from a file, for this directory.
#pragma once

#include <cstdint>
#include <string>

#include "metaset/base/error.h"

namespace metaset::http {

// The error for a file that has fewer bytes than it should: kCorrupt.
Error shortened(const std::string& path, std::uint64_t size);

}  // namespace metaset::http
