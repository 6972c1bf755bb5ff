// What a package page says of one manifest. Everything in it is untrusted text.
//
// Manifests have tens of thousands of files, so their lines are looked at without being parsed
// where that gives the same (no quotes, no continuation). Thread-safety: pure functions. Errors:
// kInvalid for a manifest that is none, kLimit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metaset::ips {

struct PackageDetails {
  struct Dependency {
    std::string type;
    std::vector<std::string> fmris;  // as they are written
    std::string predicate;
    bool operator==(const Dependency&) const = default;
  };
  struct Licence {
    std::string name, payload;  // payload: empty if there is none
    bool operator==(const Licence&) const = default;
  };
  struct Signature {
    std::string algorithm, certificate;  // the certificate's payload; empty: a hash only
    std::vector<std::string> chain;
    std::string value;
    bool operator==(const Signature&) const = default;
  };
  std::string summary, description, human_version, homepage;
  std::vector<std::string> classifications;
  std::vector<std::pair<std::string, std::string>> attributes;  // all other set actions
  std::vector<Dependency> dependencies;
  std::vector<Licence> licences;
  std::vector<Signature> signatures;
  std::uint64_t files = 0, directories = 0, links = 0, other = 0;  // actions
  std::uint64_t size = 0, compressed_size = 0;                     // bytes, of all payloads
  bool operator==(const PackageDetails&) const = default;
};
PackageDetails package_details(std::string_view manifest);

// A path that the package delivers.
struct DeliveredPath {
  std::string_view type;  // "file", "dir", "link", "hardlink"
  std::string_view path;  // without a leading slash
  std::uint64_t size = 0;
  std::string_view mode, owner, group, target;
  bool operator==(const DeliveredPath&) const = default;
};
// What it is called with is good until it returns.
void for_each_path(std::string_view manifest,
                   const std::function<void(const DeliveredPath&)>& visit);

}  // namespace metaset::ips
