// Request bodies in memory.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "metaset/depot/publication.h"

namespace metaset::depot {

// A body that arrives in small pieces.
inline BodyReader reader_of(std::string text, std::size_t piece = 7) {
  auto rest = std::make_shared<std::string>(std::move(text));
  return [rest, piece](char* buffer, std::size_t size) {
    const std::size_t count = std::min({rest->size(), size, piece});
    rest->copy(buffer, count);
    rest->erase(0, count);
    return count;
  };
}

}  // namespace metaset::depot
