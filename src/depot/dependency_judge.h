// Whether a set of packages satisfies a depend action, by the meaning that pkg(1) gives its types.
// Private. Thread-safety: one thread.
//
//   require      some version that is at least the given one and not obsolete; of a renamed
//                package, what it was renamed to
//   require-any  the same for one of several; group: the same, but a package may be missing
//   conditional  the same, if the predicate is there
//   incorporate  if there is any version, one that begins with the given numbers
//   optional, origin   if there is any version, one that is at least the given one
//   exclude, parent    nothing: they speak about the image
#pragma once

#include <optional>
#include <string>

#include "depot/resulting_metaset.h"

namespace metaset::depot {

class DependencyJudge {
 public:
  explicit DependencyJudge(ResultingMetaset& packages) : packages_(packages) {}

  struct Problem {
    bool obsolete = false;  // only obsolete versions would do
    bool error = true;      // else a warning
    std::string message;
  };
  // nullopt: satisfied, or it cannot be told because the action is broken.
  std::optional<Problem> judge(const ips::Action& depend);

 private:
  enum class Outcome { kSatisfied, kAbsent, kTooOld, kObsolete, kRenamedToNothing };
  Outcome find(const ips::Fmri& wanted, int depth);
  bool leads_somewhere(const ResultingMetaset::Candidate& renamed, int depth);
  bool names_other_publisher(const ips::Fmri& wanted) const;
  std::optional<Problem> require(const ips::Action& depend, std::string_view type);
  std::optional<Problem> at_least(const ips::Fmri& wanted, std::string_view type);
  std::optional<Problem> incorporate(const ips::Fmri& wanted);
  std::string why(const ips::Fmri& wanted, Outcome outcome);
  std::string newest(const ips::Fmri& wanted);

  ResultingMetaset& packages_;
};

}  // namespace metaset::depot
