#include "depot/dependency_judge.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"

namespace metaset::depot {

namespace {

constexpr int kMaxRenames = 20;  // one after the other; a circle of them leads nowhere

std::optional<ips::Fmri> parse(const std::string* text) {
  if (text == nullptr) return std::nullopt;
  try {
    return ips::Fmri::parse(*text);
  } catch (const Error&) {
    return std::nullopt;  // reported as a broken action
  }
}

std::vector<ips::Fmri> wanted_by(const ips::Action& depend) {
  std::vector<ips::Fmri> result;
  const auto* texts = depend.values("fmri");
  if (texts == nullptr) return result;
  for (const std::string& text : *texts) {
    if (auto fmri = parse(&text)) result.push_back(*std::move(fmri));
  }
  return result;
}

bool is_of(const ResultingMetaset::Candidate& candidate, const ips::Fmri& wanted) {
  return wanted.publisher.empty() || wanted.publisher == candidate.publisher;
}
bool is_new_enough(const ResultingMetaset::Candidate& candidate, const ips::Fmri& wanted) {
  return !wanted.version || candidate.version >= *wanted.version;
}

// As it was written: name, and version if there is one.
std::string shown(const ips::Fmri& fmri) {
  const std::string version = fmri.version ? "@" + fmri.version->short_text() : "";
  return (fmri.publisher.empty() ? "" : "pkg://" + fmri.publisher + "/") + fmri.name + version;
}

}  // namespace

std::optional<DependencyJudge::Problem> DependencyJudge::judge(const ips::Action& depend) {
  const std::string* type = depend.value("type");
  const auto wanted = wanted_by(depend);
  if (type == nullptr || wanted.empty()) return std::nullopt;
  if (*type == "require" || *type == "require-any" || *type == "group" || *type == "group-any") {
    return require(depend, *type);
  }
  if (*type == "conditional") {
    const auto predicate = parse(depend.value("predicate"));
    if (!predicate || find(*predicate, 0) != Outcome::kSatisfied) return std::nullopt;
    return require(depend, *type);
  }
  if (*type == "incorporate") return incorporate(wanted.front());
  if (*type == "optional") return at_least(wanted.front(), *type);
  // With root-image it speaks about the machine that is running, firmware for example.
  const std::string* root = depend.value("root-image");
  if (*type == "origin" && (root == nullptr || *root != "true")) {
    return at_least(wanted.front(), *type);
  }
  return std::nullopt;
}

DependencyJudge::Outcome DependencyJudge::find(const ips::Fmri& wanted, int depth) {
  Outcome best = Outcome::kAbsent;
  for (const auto& candidate : packages_.versions(wanted.name)) {
    if (!is_of(candidate, wanted)) continue;
    Outcome outcome = Outcome::kSatisfied;
    if (!is_new_enough(candidate, wanted)) {
      outcome = Outcome::kTooOld;
    } else if (candidate.obsolete) {
      outcome = Outcome::kObsolete;
    } else if (candidate.renamed && !leads_somewhere(candidate, depth)) {
      outcome = Outcome::kRenamedToNothing;
    }
    if (outcome == Outcome::kSatisfied) return outcome;
    best = std::max(best, outcome);
  }
  return best;
}

bool DependencyJudge::leads_somewhere(const ResultingMetaset::Candidate& renamed, int depth) {
  if (depth >= kMaxRenames) return false;
  return std::ranges::all_of(renamed.renamed_to, [&](const ips::Action& depend) {
    const std::string* type = depend.value("type");
    if (type == nullptr || *type != "require") return true;
    const auto wanted = wanted_by(depend);
    return std::ranges::all_of(wanted, [&](const ips::Fmri& fmri) {
      return find(fmri, depth + 1) == Outcome::kSatisfied;
    });
  });
}

// Packages of other repositories are not known here.
bool DependencyJudge::names_other_publisher(const ips::Fmri& wanted) const {
  return !wanted.publisher.empty() && !packages_.has_publisher(wanted.publisher);
}

std::string DependencyJudge::newest(const ips::Fmri& wanted) {
  std::optional<ips::Version> version;
  for (const auto& candidate : packages_.versions(wanted.name)) {
    if (is_of(candidate, wanted) && (!version || candidate.version > *version)) {
      version = candidate.version;
    }
  }
  return version ? version->short_text() : "";
}

std::string DependencyJudge::why(const ips::Fmri& wanted, Outcome outcome) {
  if (names_other_publisher(wanted)) {
    return "publisher " + wanted.publisher + " is not in this repository";
  }
  switch (outcome) {
    case Outcome::kTooOld:
      return "the newest version is " + newest(wanted);
    case Outcome::kObsolete:
      return "it is obsolete";
    case Outcome::kRenamedToNothing:
      return "what it was renamed to is missing";
    case Outcome::kAbsent:
    case Outcome::kSatisfied:
      break;
  }
  return "there is no such package";
}

// One of the packages has to be there; every other type has only one.
std::optional<DependencyJudge::Problem> DependencyJudge::require(const ips::Action& depend,
                                                                 std::string_view type) {
  Problem problem{true, true, fmt::format("{} dependency on ", type)};
  std::string names, reasons;
  for (const ips::Fmri& wanted : wanted_by(depend)) {
    const Outcome outcome = find(wanted, 0);
    if (outcome == Outcome::kSatisfied) return std::nullopt;
    // What is obsolete is left out of a group silently.
    if (outcome == Outcome::kObsolete && type.starts_with("group")) return std::nullopt;
    const bool other = names_other_publisher(wanted);
    problem.obsolete = problem.obsolete && outcome == Outcome::kObsolete && type == "require";
    problem.error = problem.error && !other;
    names += (names.empty() ? "" : " or ") + shown(wanted);
    reasons += (reasons.empty() ? "" : "; ") + why(wanted, outcome);
  }
  problem.message += names + ": " + reasons;
  return problem;
}

std::optional<DependencyJudge::Problem> DependencyJudge::at_least(const ips::Fmri& wanted,
                                                                  std::string_view type) {
  const auto& versions = packages_.versions(wanted.name);
  const auto fits = [&](const auto& c) { return is_of(c, wanted) && is_new_enough(c, wanted); };
  const bool any = std::ranges::any_of(versions, [&](const auto& c) { return is_of(c, wanted); });
  if (!any || std::ranges::any_of(versions, fits)) return std::nullopt;
  return Problem{false, type == "origin",
                 fmt::format("{} dependency on {}: the newest version is {}", type, shown(wanted),
                             newest(wanted))};
}

std::optional<DependencyJudge::Problem> DependencyJudge::incorporate(const ips::Fmri& wanted) {
  const auto& versions = packages_.versions(wanted.name);
  const auto fits = [&](const auto& c) {
    return is_of(c, wanted) && (!wanted.version || c.version.matches(*wanted.version));
  };
  if (std::ranges::any_of(versions, fits)) return std::nullopt;
  const bool any = std::ranges::any_of(versions, [&](const auto& c) { return is_of(c, wanted); });
  // To pkg(1) that is no mistake: it constrains what is not there. But an incorporation that names
  // what was not published yet is the commonest half of a release.
  const std::string reason = any ? "no version matches, the newest one is " + newest(wanted)
                                 : why(wanted, Outcome::kAbsent);
  return Problem{false, !names_other_publisher(wanted),
                 fmt::format("incorporate dependency on {}: {}", shown(wanted), reason)};
}

}  // namespace metaset::depot
