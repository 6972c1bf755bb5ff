#include "metaset/ips/search_tokens.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/ips/fmri.h"

#include "ips/action_rules.h"
#include "ips/search_text.h"

namespace metaset::ips {
namespace {

constexpr std::string_view kContentHash = "pkg.content-hash";

// Gives tuples of one action.
class TupleMaker {
 public:
  TupleMaker(const Action& action, const SearchTupleVisitor& visit)
      : action_(action), visit_(visit) {}

  void give(std::string_view key, std::string_view token, std::string_view full = {}) const {
    if (!token.empty()) visit_(SearchTuple{action_.type(), key, token, full});
  }
  void give_words(std::string_view key, std::string_view text, std::string_view full) const {
    for_each_spaced_word(text, [&](std::string_view word) { give(key, word, full); });
  }
  // The values of the attribute that has the name of the key.
  void give_values(std::string_view key) const { give_values(key, key); }
  void give_values(std::string_view key, std::string_view attribute) const {
    const auto* values = action_.values(attribute);
    if (values == nullptr) return;
    for (const std::string& value : *values) give(key, value);
  }

  void path() const;
  void file() const;
  void link() const;
  void license() const;
  void depend() const;
  void signature() const;
  void set() const;

 private:
  bool has(std::string_view attribute) const { return action_.value(attribute) != nullptr; }
  void classification(std::string_view key, std::string_view value) const;
  void fmri(std::string_view key, std::string_view value) const;

  const Action& action_;
  const SearchTupleVisitor& visit_;
};

void TupleMaker::path() const {
  const std::string* path = action_.value("path");
  if (path == nullptr) return;
  give("basename", std::string_view(*path).substr(path->rfind('/') + 1));
  give("path", '/' + *path);
}

void TupleMaker::file() const {
  give("content", action_.hash(), action_.hash());
  give("hash", action_.hash());
  path();
  give_values(kContentHash);
}

void TupleMaker::link() const {
  path();
  if (!has("mediator")) return;
  for (const std::string_view key :
       {"mediator", "mediator-version", "mediator-implementation", "mediator-priority"}) {
    give_values(key);
  }
}

void TupleMaker::license() const {
  if (!has(kContentHash)) return;
  give_values("license");
  give("hash", action_.hash());
  give("content", action_.hash());
  give_values(kContentHash);
}

std::string_view without_scheme(std::string_view fmri) {
  constexpr std::string_view kScheme = "pkg:/";
  if (!fmri.starts_with(kScheme)) return fmri;
  fmri.remove_prefix(kScheme.size());
  if (!fmri.starts_with('/')) return fmri;
  // What follows two slashes is a publisher, which may be empty.
  const std::size_t end = fmri.find('/', 1);
  return end == std::string_view::npos ? std::string_view() : fmri.substr(end + 1);
}

void TupleMaker::depend() const {
  const std::string* type = action_.value("type");
  const auto* fmris = action_.values("fmri");
  if (type == nullptr || fmris == nullptr || !is_dependency_type(*type)) return;
  for (const std::string& text : *fmris) {
    const std::string_view fmri = without_scheme(text);
    give(*type, fmri);
    const std::size_t at = fmri.find('@');
    if (at != std::string_view::npos) give(*type, fmri.substr(0, at));
  }
}

void TupleMaker::signature() const {
  const std::string* algorithm = action_.value("algorithm");
  const std::string* value = action_.value("value");
  if (algorithm == nullptr || value == nullptr) return;
  give("certificate", action_.hash(), action_.hash());
  give("algorithm", *algorithm, *algorithm);
  give("signature", *value, *value);
  give_values(kContentHash);
}

void TupleMaker::classification(std::string_view key, std::string_view value) const {
  // npos + 1 is 0: there need not be a scheme.
  const std::string_view levels = value.substr(value.find(':') + 1);
  give(key, levels, levels);
  for (std::size_t at = 0; at <= levels.size();) {
    const std::size_t end = std::min(levels.find('/', at), levels.size());
    give_words(key, levels.substr(at, end - at), levels);
    at = end + 1;
  }
}

void TupleMaker::fmri(std::string_view key, std::string_view value) const {
  Fmri fmri;
  try {
    fmri = Fmri::parse(value);
  } catch (const Error&) {
    return;  // No name that anybody could look for.
  }
  const std::string full = fmri.publisher.empty() ? fmri.name : fmri.publisher + '/' + fmri.name;
  give(key, full, full);
  if (fmri.version) {
    for (const std::string* part :
         {&fmri.version->build(), &fmri.version->release(), &fmri.version->timestamp()}) {
      give(key, *part, full);
    }
  }
  const std::string_view name = fmri.name;
  for (std::size_t end = name.size(); end != 0;) {
    const std::size_t slash = name.rfind('/', end - 1);
    give(key, name.substr(slash + 1), full);
    if (slash == std::string_view::npos) break;
    end = slash;
  }
}

void TupleMaker::set() const {
  const std::string* key = action_.value("name");
  const auto* values = action_.values("value");
  if (key == nullptr || values == nullptr) return;
  for (const std::string& value : *values) {
    if (*key == "info.classification") {
      classification(*key, value);
    } else if (*key == "pkg.fmri" || *key == "fmri") {
      fmri(*key, value);
    } else if (value.find(' ') != std::string::npos) {
      give_words(*key, value, value);
    } else {
      give(*key, value);
    }
  }
}

}  // namespace

std::string_view SearchTuple::shown() const {
  if (!full.empty()) return full;
  return type == ActionType::kSet ? token : key;
}

void for_each_search_tuple(const Action& action, const SearchTupleVisitor& visit) {
  const TupleMaker make(action, visit);
  switch (action.type()) {
    case ActionType::kFile:
      return make.file();
    case ActionType::kDir:
      return make.path();
    case ActionType::kLink:
    case ActionType::kHardlink:
      return make.link();
    case ActionType::kLicense:
      return make.license();
    case ActionType::kDepend:
      return make.depend();
    case ActionType::kDriver:
      make.give_values("driver_name", "name");
      return make.give_values("alias");
    case ActionType::kUser:
      return make.give_values("name", "username");
    case ActionType::kGroup:
      return make.give_values("name", "groupname");
    case ActionType::kLegacy:
      make.give_values("legacy_pkg", "pkg");
      return make.give_values("pkg");
    case ActionType::kSignature:
      return make.signature();
    case ActionType::kSet:
      return make.set();
    case ActionType::kUnknown:
      return;
  }
}

bool is_path_key(ActionType type, std::string_view key) {
  switch (type) {
    case ActionType::kFile:
    case ActionType::kDir:
    case ActionType::kLink:
    case ActionType::kHardlink:
      return key == "path" || key == "basename";
    default:
      return false;
  }
}

}  // namespace metaset::ips
