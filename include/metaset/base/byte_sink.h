// Something that takes bytes piece by piece, from a source that may have to start anew.
#pragma once

#include <string_view>

namespace metaset {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Called before the first piece; again if the source has to start anew.
  virtual void begin() = 0;
  // False: it wants no more. What it throws ends the work of the source and is thrown by that.
  virtual bool write(std::string_view bytes) = 0;
};

}  // namespace metaset
