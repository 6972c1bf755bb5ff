// Checks of each staged manifest by itself.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"

#include "depot/commit_check_payloads.h"
#include "depot/delivered.h"

namespace metaset::depot {

namespace {

using ips::Action;
using ips::ActionType;

bool marks(const Action& action, std::string_view name) {
  const std::string* key = action.type() == ActionType::kSet ? action.value("name") : nullptr;
  const std::string* value = action.value("value");
  return key != nullptr && *key == name && value != nullptr && *value == "true";
}

bool is_require(const Action& depend) {
  const std::string* type = depend.value("type");
  return type != nullptr && *type == "require";
}

class ManifestCheck {
 public:
  ManifestCheck(CommitCheckContext& context, ips::Fmri fmri)
      : context_(context), text_(fmri.text()), package_{std::move(fmri), {}, false, false} {}

  // nullopt if it cannot be parsed to its end.
  std::optional<StagedPackage> run(std::string_view manifest) {
    try {
      ips::for_each_action(manifest, [this](Action&& action, std::size_t line) {
        look_at(std::move(action), line);
      });
    } catch (const Error& error) {
      context_.error("actions", text_, error.message());
      return std::nullopt;
    }
    for (std::string& text : delivered_.contradictions()) {
      context_.error("actions", text_, std::move(text));
    }
    check_kind();
    return std::move(package_);
  }

 private:
  void look_at(Action&& action, std::size_t line) {
    for (const std::string& rule : ips::broken_rules(action)) {
      context_.error("actions", text_, fmt::format("line {}: {}", line, rule));
    }
    delivered_.note(action, line);
    package_.obsolete = package_.obsolete || marks(action, "pkg.obsolete");
    package_.renamed = package_.renamed || marks(action, "pkg.renamed");
    const ActionType type = action.type();
    if (type == ActionType::kDepend) {
      if (depend_line_ == 0) depend_line_ = line;
      package_.depends.push_back(std::move(action));
    } else if (type != ActionType::kSet && type != ActionType::kSignature && other_line_ == 0) {
      other_line_ = line;
    }
  }

  // protocol/http.md section 7.9
  void check_kind() {
    if (package_.obsolete && package_.renamed) {
      context_.error("obsolete", text_, "it is marked both as obsolete and as renamed");
      return;
    }
    const std::size_t line = package_.obsolete && other_line_ == 0 ? depend_line_ : other_line_;
    if ((package_.obsolete || package_.renamed) && line != 0) {
      context_.error("obsolete", text_,
                     fmt::format("line {}: {} signature actions", line,
                                 package_.obsolete ? "an obsolete package may only have set and"
                                                   : "a renamed package may only have set, depend "
                                                     "and"));
    }
    if (package_.renamed && std::ranges::none_of(package_.depends, is_require)) {
      context_.error("obsolete", text_,
                     "a renamed package must have a depend action of type require that names the "
                     "new package");
    }
  }

  CommitCheckContext& context_;
  const std::string text_;
  StagedPackage package_;
  Delivered delivered_;
  std::size_t depend_line_ = 0, other_line_ = 0;  // the first ones; 0: none
};

// Signing and removing packages of the area goes on while it is checked.
std::string manifest_of(const CommitCheckContext& context, const store::Staging& staging,
                        const store::StagedChange& change) {
  try {
    return staging.manifest(change.record.manifest);
  } catch (const Error&) {
    const auto still = staging.change(context.area, change.fmri());
    if (still && still->record.manifest == change.record.manifest) throw;
    throw Error(Code::kConflict, "staging area '" + context.report.area +
                                     "' was changed while it was checked: try again");
  }
}

}  // namespace

void check_manifests(CommitCheckContext& context) {
  const store::Staging staging(context.repository.staging());
  CommitPayloads payloads(context);
  for (const store::StagedChange& change : context.changes) {
    if (change.record.kind == store::ChangeKind::kRemove) continue;
    const std::string manifest = manifest_of(context, staging, change);
    const ips::Fmri fmri = change.fmri();
    auto package = ManifestCheck(context, fmri).run(manifest);
    if (!package) continue;
    context.packages.push_back(*std::move(package));
    try {
      payloads.look_at(fmri, manifest);
    } catch (const Error& error) {
      if (error.code() != Code::kInvalid) throw;
      context.error("payloads", fmri.text(), error.message());
    }
  }
}

}  // namespace metaset::depot
