// How far the verification of payloads came: REPO/verify/state, a JSON object that is replaced
// atomically (man/metaset-repository.5).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "metaset/base/file.h"
#include "metaset/depot/verify.h"

namespace metaset::depot {

struct VerifyState {
  std::optional<Time> started;    // of the round under way
  std::string next;               // name of the first payload that it has not checked; empty: any
  std::set<std::string> damaged;  // names of those that failed their last check
  std::optional<VerifyRound::Complete> last;

  std::string to_json() const;
  static VerifyState from_json(std::string_view text);  // kCorrupt
};

// Nobody else can change the state while this exists. Thread-safety: one thread at a time.
class VerifyStateFile {
 public:
  // kUnavailable if somebody else has it, kCorrupt naming the file, system errors.
  explicit VerifyStateFile(const std::string& repository);

  VerifyState state;
  void save(bool durable) const;

 private:
  std::string path_;
  Fd lock_;
};

}  // namespace metaset::depot
