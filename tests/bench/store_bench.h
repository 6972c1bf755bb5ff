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

// Adds so many metasets of one small package each to a repository that nobody uses, and activates
// the first half of them. Prints what each of them costs in committed/ beyond its manifest, and the
// number of the last one.
void make_history(const std::string& corpus, const std::string& repository, unsigned count);

// A rollback to the metaset that is so many before the latest one: milliseconds until it is
// durable, and what the catalog files take afterwards.
void measure_rollback(const std::string& repository, unsigned over);

// Payloads of 10 KB through the payload store, as against a loop that only compresses and writes
// them. Both are durable at the end.
// Makes the search index anew: how long that takes, and its size.
void measure_indexing(const std::string& root);
void measure_ingestion(const std::string& repository, unsigned count);

// Builds of this number and above are not those that load() makes.
inline constexpr unsigned kFirstNewBuild = 1000;

// Packages spread evenly over the corpus, as manifests of builds that are not in the repository;
// their payloads are.
struct Candidate {
  std::string fmri, manifest;
};
std::vector<Candidate> candidates(const std::string& corpus, const std::string& repository,
                                  unsigned count);

}  // namespace metaset::bench
