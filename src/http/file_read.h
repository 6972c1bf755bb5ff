// Reading a body from a file, for this directory. Errors: kIo naming the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "metaset/base/error.h"

namespace metaset::http {

// Up to `size` bytes from `offset`, fewer only at the end of the file.
std::size_t read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                    const std::string& path);
// The error for a file that has fewer bytes than it should: kCorrupt.
Error shortened(const std::string& path, std::uint64_t size);

}  // namespace metaset::http
