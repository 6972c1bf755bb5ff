// How far an import or an export is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace metaset::pkg5 {

struct CopyProgress {
  std::string_view phase;             // "catalogs", "manifests", "payloads", ...
  std::uint64_t done = 0, total = 0;  // things of the phase
  std::uint64_t bytes = 0;            // of those done
};
// Called at the start and end of every phase and after each thing, by one thread at a time, but not
// always by the same one. May throw to interrupt what is under way.
using CopyCallback = std::function<void(const CopyProgress&)>;

// A payload that is not as a manifest needs it.
struct BadPayload {
  std::string name;     // hex
  std::string package;  // FMRI of one package that needs it
  std::string reason;   // empty: missing
};

}  // namespace metaset::pkg5
