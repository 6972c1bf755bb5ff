// Reading a body from a file, for this directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/base/error.h"

namespace metaset::http {

// The error for a file that has fewer bytes than it should: kCorrupt.
Error shortened(const std::string& path, std::uint64_t size);

// kCorrupt if a component of `path` below `root` is a link that neither root nor the owner
// of what it leads to has made: who may write to the repository must not read by it what belongs to
// others. Web servers look at that themselves, but not where they are told which file to send. What
// is not there is no error.
void require_own_links(const std::string& root, std::string_view path);

}  // namespace metaset::http
