#include <array>
#include <optional>

#include "metaset/ips/line_characters.h"
#include "metaset/ips/manifest.h"

#include "ips/action_rules.h"
#include "ips/manifest_errors.h"
#include "ips/manifest_lines.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

constexpr std::size_t kTypeCount = static_cast<std::size_t>(ActionType::kUnknown) + 1;

bool is_true(const Action& action) { return *action.value("value") == "true"; }

class Checker {
 public:
  Checker(std::string_view text, Completeness completeness)
      : lines_(text), completeness_(completeness) {}

  std::vector<std::string> run() {
    try {
      std::string_view line;
      for (std::size_t count = 1; !problems_.full() && lines_.next(line); ++count) {
        check_action_count(count, lines_.number());
        problems_.set_line(lines_.number());
        check_line(line);
      }
      problems_.set_line(lines_.number());
      if (lines_.unfinished()) problems_.add("the last line ends in a backslash");
    } catch (const Error& error) {
      problems_.set_line(0);
      problems_.add(error.message());
    }
    check_kind();
    return problems_.take();
  }

 private:
  void check_line(std::string_view line) {
    if (const auto bad = bad_characters(line)) problems_.add(*bad);
    std::optional<Action> action;
    try {
      action = Action::parse(line);
    } catch (const Error& error) {
      problems_.set_line(0);
      problems_.add(at_line(error, lines_.number()).message());
      return;
    }
    check_action(*action, problems_);
    note(*action);
  }

  void note(const Action& action) {
    const auto type = static_cast<std::size_t>(action.type());
    if (first_line_.at(type) == 0) first_line_.at(type) = lines_.number();
    if (action.type() == ActionType::kDepend) {
      const std::string* depend_type = action.value("type");
      if (depend_type != nullptr && *depend_type == "require") has_require_ = true;
    } else if (action.type() == ActionType::kSet) {
      const std::string& name = *action.value("name");
      if (name == "pkg.obsolete" && is_true(action)) obsolete_ = true;
      if (name == "pkg.renamed" && is_true(action)) renamed_ = true;
      if (name == "pkg.fmri") note_fmri(*action.value("value"));
    }
  }

  void note_fmri(const std::string& value) {
    if (has_fmri_) problems_.add("more than one pkg.fmri");
    has_fmri_ = true;
    try {
      if (!Fmri::parse(value).version) problems_.add("the pkg.fmri has no version");
    } catch (const Error& error) {
      problems_.add(error.message());
    }
  }

  // The rules of protocol/http.md section 7.9.
  void check_kind() {
    problems_.set_line(0);
    if (obsolete_ && renamed_) {
      problems_.add("A package may not be marked for both obsoletion and renaming.");
      return;
    }
    if (!obsolete_ && !renamed_) return;
    for (std::size_t i = 0; i < kTypeCount; ++i) {
      const auto type = static_cast<ActionType>(i);
      const bool allowed = type == ActionType::kSet || type == ActionType::kSignature ||
                           (renamed_ && type == ActionType::kDepend);
      if (allowed || first_line_.at(i) == 0) continue;
      problems_.set_line(first_line_.at(i));
      problems_.add(fmt::format("A '{}' action cannot be present in {} package", type_name(type),
                                obsolete_ ? "an obsolete" : "a renamed"));
    }
    problems_.set_line(0);
    if (renamed_ && !has_require_ && completeness_ == Completeness::kComplete) {
      problems_.add(
          "A renamed package must contain at least one 'depend' action of type 'require'.");
    }
  }

  ManifestLines lines_;
  Completeness completeness_;
  Problems problems_;
  std::array<std::size_t, kTypeCount> first_line_{};
  bool has_require_ = false, has_fmri_ = false, obsolete_ = false, renamed_ = false;
};

}  // namespace

std::vector<std::string> check_manifest(std::string_view text, Completeness completeness) {
  try {
    return Checker(text, completeness).run();
  } catch (const Error& error) {
    return {error.message()};
  }
}

}  // namespace metaset::ips
