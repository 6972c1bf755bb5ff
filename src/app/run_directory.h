// The private directory of one `metaset serve`. Thread-safety: one thread.
#pragma once

#include <optional>
#include <string>

#include "child_process.h"

namespace metaset::app {

// What it has to hold besides sockets and nginx' cache.
enum class Uploads { kNone, kWhole };

// A new directory below XDG_RUNTIME_DIR or TMPDIR, removed with its content. With uploads, which
// may be larger than what fits in memory, it is not made in XDG_RUNTIME_DIR.
class RunDirectory {
 public:
  RunDirectory(const std::optional<Account>& owner, Uploads uploads);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace metaset::app
