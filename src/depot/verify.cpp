#include "metaset/depot/verify.h"

#include <algorithm>
#include <utility>

#include "depot/verify_context.h"

namespace metaset::depot {

std::string_view damage_kind_name(DamageKind kind) {
  switch (kind) {
    case DamageKind::kDatabase:
      return "database";
    case DamageKind::kMetaset:
      return "metaset";
    case DamageKind::kPublisher:
      return "publisher";
    case DamageKind::kPackage:
      return "package";
    case DamageKind::kOperation:
      return "operation";
    case DamageKind::kText:
      return "text";
    case DamageKind::kManifest:
      return "manifest";
    case DamageKind::kPayload:
      return "payload";
    case DamageKind::kSearch:
      return "search";
    case DamageKind::kCatalog:
      return "catalog";
    case DamageKind::kStaging:
      return "staging";
  }
  return "unknown";
}

PackageKey parse_package_key(std::string_view key) {
  constexpr std::size_t kLeast = 4 + 1 + 1 + 8;  // publisher, name, its end, sequence
  const std::size_t end = key.find('\0', std::min<std::size_t>(4, key.size()));
  if (key.size() < kLeast || end == 4 || end == std::string_view::npos || end + 9 > key.size()) {
    throw Error(Code::kCorrupt, "damaged key in the table of packages");
  }
  return {store::read_u32(key), key.substr(4, end - 4), store::read_u64(key)};
}

std::string reason_of(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  return known != nullptr ? known->message() : std::string("damaged record: ") + error.what();
}

VerifyContext::VerifyContext(store::Repository& opened, const VerifyOptions& wanted,
                             const ProgressCallback& tell)
    : repository(opened),
      options(wanted),
      callback(tell),
      txn(std::as_const(opened).committed()),
      state(wanted.resume ? std::make_unique<VerifyStateFile>(opened.root()) : nullptr),
      env_(std::as_const(opened).committed()) {}

VerifiedPublisher* VerifyContext::publisher(store::PublisherId id) {
  const auto place = std::find_if(publishers.begin(), publishers.end(),
                                  [&](const VerifiedPublisher& p) { return p.id == id; });
  return place == publishers.end() ? nullptr : &*place;
}

std::string VerifyContext::fmri(store::PublisherId id, std::string_view name,
                                std::string_view version) const {
  std::string text = "pkg://";
  const auto place = std::find_if(publishers.begin(), publishers.end(),
                                  [&](const VerifiedPublisher& p) { return p.id == id; });
  text += place == publishers.end() ? "publisher " + std::to_string(id) : place->prefix;
  text.append("/").append(name);
  if (!version.empty()) text.append("@").append(version);
  return text;
}

std::size_t VerifyContext::damage(DamageKind kind, std::string what, std::string reason) {
  report.damage.push_back({kind, std::move(what), std::move(reason), {}, 0, {}, {}, {}, {}});
  return report.damage.size() - 1;
}

void VerifyContext::damage(VerifiedPublisher& publisher, DamageKind kind, std::string what,
                           std::string reason) {
  publisher.damaged = true;
  damage(kind, std::move(what), std::move(reason));
}

void VerifyContext::needed_by(std::size_t number, std::string name) {
  Damage& one = report.damage.at(number);
  // The rows of one package version are neighbours.
  if (!one.needed_by.empty() && one.needed_by.back() == name) return;
  ++one.needed_by_count;
  if (one.needed_by.size() < kMaxNeededBy) one.needed_by.push_back(std::move(name));
}

namespace {

// What has lost its end since it was opened cannot be read at all.
bool is_cut_short(VerifyContext& context) {
  const auto lacks = [&](const lmdb::Env& env) {
    return !context.guard(DamageKind::kDatabase, env.directory(), [&] { env.check_file(); });
  };
  const bool committed = lacks(context.env());
  const lmdb::Env* staging = staging_of(context);
  return (staging != nullptr && lacks(*staging)) || committed;
}

struct Step {
  const char* name;
  void (*run)(VerifyContext&);
};
constexpr Step kSteps[] = {
    {"metasets", verify_chain},
    {"statements", verify_statements},
    {"publishers", verify_publishers},
    {"texts", verify_texts},
    {"packages and operations", verify_rows},
    {"manifests", verify_manifests},
    {"changes of metasets", verify_contents},
    {"catalog files", verify_catalogs},
    {"staging areas", verify_staging},
    {"search index", verify_search},
    {"payloads", verify_payloads},
};

}  // namespace

VerifyReport verify(store::Repository& repository, const VerifyOptions& options,
                    const ProgressCallback& callback) {
  VerifyContext context(repository, options, callback);
  if (is_cut_short(context)) return std::move(context.report);
  for (const Step& step : kSteps) {
    context.guard(DamageKind::kDatabase, step.name, [&] { step.run(context); });
  }
  return std::move(context.report);
}

}  // namespace metaset::depot
