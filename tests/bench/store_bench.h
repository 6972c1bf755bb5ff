// The measurements of the store; each prints one JSON object to standard output.
#pragma once

#include <string>
#include <vector>

namespace metaset::bench {

// Builds a repository: every package of the corpus in `builds` versions, a metaset for each build,
// and a package with two payloads. Names what the HTTP measurements ask for.
void load(const std::string& corpus, const std::string& repository, unsigned builds);

// Commits of one package each: milliseconds until durable.
void measure_commits(const std::string& corpus, const std::string& repository, unsigned count);

// What `count` metasets of one package each cost in committed/.
void measure_growth(const std::string& corpus, const std::string& repository, unsigned count);

// Payloads of 10 KB through the payload store, as against a loop that only compresses and writes
// them. Both are durable at the end.
void measure_ingestion(const std::string& repository, unsigned count);

// Packages spread evenly over the corpus, as manifests of builds that are not in the repository;
// their payloads are.
struct Candidate {
  std::string fmri, manifest;
};
std::vector<Candidate> candidates(const std::string& corpus, const std::string& repository,
                                  unsigned count);

}  // namespace metaset::bench
