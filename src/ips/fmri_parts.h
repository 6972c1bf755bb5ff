// Splitting the part of an FMRI or pattern before its '@'.
#pragma once

#include <string_view>

namespace metaset::ips {

struct FmriParts {
  std::string_view publisher;  // empty: none
  std::string_view name;
  bool rooted = false;  // began with "/" or "pkg:/"
};

// `text` is what messages name. kInvalid if a publisher is not followed by '/'.
FmriParts split_fmri_stem(std::string_view stem, std::string_view text);

}  // namespace metaset::ips
