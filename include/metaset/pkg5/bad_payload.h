// What imports and exports tell of payloads that are missing or damaged.
#pragma once

#include <string>

namespace metaset::pkg5 {

// A payload that is not as a manifest needs it.
struct BadPayload {
  std::string name;     // hex
  std::string package;  // FMRI of one package that needs it
  std::string reason;   // empty: missing
};

}  // namespace metaset::pkg5
