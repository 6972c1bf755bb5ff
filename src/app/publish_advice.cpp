#include "publish_advice.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "metaset/ips/version.h"
#include "metaset/store/access.h"
#include "metaset/store/repository.h"
#include "metaset/store/staging.h"

namespace metaset::app {
namespace {

using store::Right;
using store::Rights;

Rights needed_rights(const ServeOptions& options) {
  const Rights publish = static_cast<Rights>(Right::kPublish);
  if (options.publish_close == "staged") return publish;
  return publish | static_cast<Rights>(Right::kCommit) | static_cast<Rights>(Right::kActivate);
}

// Tokens are told apart by their grants, so any of them counts.
bool concerns(const store::Grant& grant, bool anonymous) {
  if (anonymous) return ips::matches_glob("anonymous", grant.identity);
  return grant.identity == "*" || grant.identity.starts_with("token:");
}

Rights granted_rights(const ServeOptions& options) {
  store::Repository repository(options.repository, store::Access::kWrite);
  const std::string area =
      options.publish_area.empty() ? std::string(store::kDefaultArea) : options.publish_area;
  Rights rights = 0;
  for (const store::Grant& grant : store::AccessControl(repository.staging()).grants()) {
    if (!concerns(grant, options.publish_anonymous)) continue;
    if (ips::matches_glob(area, grant.area)) rights |= grant.rights;
  }
  return rights;
}

// As a shell reads it.
std::string word(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("/._-+:,@%=").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string publish_advice(const ServeOptions& options) {
  const Rights missing = needed_rights(options) & ~granted_rights(options);
  if (missing == 0) return {};
  const std::string repository = word(options.repository);
  const std::string rights = store::rights_text(missing);
  if (options.publish_anonymous) {
    return fmt::format(
        "metaset: serve: without a token nobody may publish yet; to let everybody on this machine:"
        "\n  metaset grant add -d {} anonymous {}\n",
        repository, rights);
  }
  return fmt::format(
      "metaset: serve: nobody may publish yet; to let somebody who has a token:\n"
      "  metaset token create -d {} NAME\n  metaset grant add -d {} token:NAME {}\n",
      repository, repository, rights);
}

}  // namespace metaset::app
