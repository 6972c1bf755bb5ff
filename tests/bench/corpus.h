// The packages that the store is measured with: a directory of manifests (*.p5m) without payloads.
//
// Every package can be had in any number of builds: the last number of its branch and its timestamp
// change, the rest stays. Errors: kNotFound for a directory without manifests, kInvalid for a
// manifest without pkg.fmri or with a branch that does not end in a number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"

namespace metaset::bench {

inline constexpr std::string_view kPublisher = "openindiana.org";

struct Package {
  std::string stem;  // of the FMRI, up to the last number of its branch
  std::string body;  // the manifest without pkg.fmri
};

// Sorted by name. Actions with payloads get one of `payloads` in turn; if that is empty, a name of
// a payload that does not exist, made from the action.
std::vector<Package> read_corpus(const std::string& directory,
                                 const std::vector<std::string>& payloads);

std::string fmri_of(const Package& package, unsigned build, Time time);
std::string manifest_of(const Package& package, unsigned build, Time time);

// 1 October 2024 for build 0, a day later for each further one.
Time time_of_build(unsigned build);

// Reproducible bytes that do not compress.
std::string noise(std::string_view seed, std::size_t size);
// Reproducible text that compresses as source code does.
std::string prose(std::string_view seed, std::size_t size);

}  // namespace metaset::bench
