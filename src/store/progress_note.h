// Up to which metaset something was made that is a function of metasets: a small file, so that the
// next time only what came since is looked at. Private to the store. Thread-safety: any thread.
#pragma once

#include <string>

#include "metaset/store/view.h"

namespace metaset::store {

class ProgressNote {
 public:
  // `catalog`: the directory above that of the file.
  ProgressNote(std::string catalog, std::string path)
      : catalog_(std::move(catalog)), path_(std::move(path)) {}
  // The metaset that is noted; the empty one (0) if there is none, or if it is another one than it
  // was: after a restore it need not be the same. Errors: system errors.
  View through(const View& view) const;
  void write(const View& view) const;
  // What is in the file; empty if there is none.
  std::string text() const;

 private:
  std::string catalog_, path_;
};

}  // namespace metaset::store
