// The packages of a metaset with changes applied, as far as dependencies need them. Private.
//
// Looks up one name at a time and remembers it, so that the cost is that of the names asked for.
// Lifetime: refers to the view. Thread-safety: one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "depot/commit_check_context.h"

namespace metaset::depot {

// depend actions in a text of catalog.dependency.C; others are left out. kCorrupt.
std::vector<ips::Action> depend_actions(std::string_view json);

class ResultingMetaset {
 public:
  struct Candidate {
    std::string publisher;
    ips::Version version;
    bool obsolete = false, renamed = false;
    std::vector<ips::Action> renamed_to;  // depend actions, only of renamed packages
  };
  // The metaset as it is.
  explicit ResultingMetaset(const store::View& view);
  // With the changes of the area.
  explicit ResultingMetaset(const CommitCheckContext& context);

  // Versions of a name, of all publishers. The reference lives as long as this object.
  const std::vector<Candidate>& versions(const std::string& name);
  bool has_publisher(std::string_view prefix) const { return prefixes_.contains(prefix); }
  // True if the area removes or replaces this version.
  bool is_gone(std::string_view publisher, std::string_view name, std::string_view version) const;

 private:
  void add_committed(const std::string& name, std::vector<Candidate>& result) const;

  const store::View& view_;
  std::vector<store::Publisher> publishers_;
  std::set<std::string, std::less<>> prefixes_;
  std::set<std::string, std::less<>> gone_;                        // FMRIs
  std::unordered_map<std::string, std::vector<Candidate>> added_;  // by name
  std::unordered_map<std::string, std::vector<Candidate>> known_;
};

}  // namespace metaset::depot
