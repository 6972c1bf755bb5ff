// Manifests (protocol/formats.md section 3): UTF-8 text, one action per line.
//
// Leading white space of a line is dropped; empty lines and lines that then begin with '#' are
// ignored; a line ending in '\' continues. CR is refused. Pure; errors: kInvalid with the line
// number, kLimit beyond kMaxManifestText or kMaxActions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/action.h"
#include "metaset/ips/fmri.h"

namespace metaset::ips {

inline constexpr std::uint64_t kMaxManifestText = std::uint64_t{256} << 20;
inline constexpr std::size_t kMaxActions = 2'000'000;

// Calls `visit` for each action in order. Only one action is in memory at a time.
void for_each_action(std::string_view text,
                     const std::function<void(Action&& action, std::size_t line)>& visit);

// Calls `visit` for the text of each action, without white space around it, in order. It may point
// into `text`, or dies with the call.
void for_each_line(std::string_view text, const std::function<void(std::string_view line)>& visit);

// What a depot has to know of a manifest; made in one pass.
struct ManifestSummary {
  Fmri fmri;                            // of the pkg.fmri action; name empty if there is none
  std::vector<std::string> dependency;  // canonical actions for catalog.dependency.C
  struct Locale {
    std::string name;                  // "C", "fr", ...
    std::vector<std::string> actions;  // canonical actions for catalog.summary.<name>
  };
  std::vector<Locale> summary;        // sorted by name; only those with actions
  std::vector<std::string> payloads;  // names in the payload store, sorted, distinct, with chain
                                      // certificates of signatures
  // Sums of pkg.size and pkg.csize over file and license actions (info/0); values that are not
  // numbers count as 0.
  std::uint64_t size = 0;
  std::uint64_t compressed_size = 0;
  std::size_t actions = 0;
  bool obsolete = false;
  bool renamed = false;
  std::string summary_text;   // pkg.summary, else description
  std::string human_version;  // pkg.human-version
};

// Groups catalog actions by Om's rule (protocol/catalog.md section 4.1): first all depend, then all
// set actions, in manifest order. Locale names are checked: letters, digits, '_', '-', '.', '@', at
// most 32 bytes, no '/' (kInvalid), since they become file names.
ManifestSummary summarize(std::string_view text);

// Rules of protocol/http.md section 7.9 and what add/0 checks per action (formats.md section 3.2);
// every broken rule as one line of text with its line number. Empty: the manifest may be published.
// `kUnfinished`: more may follow, so what is missing yet is no broken rule.
enum class Completeness { kComplete, kUnfinished };
std::vector<std::string> check_manifest(std::string_view text,
                                        Completeness completeness = Completeness::kComplete);

}  // namespace metaset::ips
