// A directory that is filled beside its name and appears under it complete, or not at all.
//
// Thread-safety: the object belongs to one thread at a time. Errors: kExists if there is something
// under the name that is not an empty directory; system errors. What a killed process leaves is a
// directory `.tmp-NAME-XXXXXX` beside the name, which may be removed.
#pragma once

#include <string>

namespace metaset {

class AtomicDirectory {
 public:
  // Directories above are made.
  explicit AtomicDirectory(const std::string& target);
  ~AtomicDirectory();  // removes everything unless it was committed
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  // Where to write until commit().
  const std::string& path() const { return path_; }
  // Makes all that was written durable, then gives it its name.
  void commit();

 private:
  std::string target_, path_;
};

}  // namespace metaset
