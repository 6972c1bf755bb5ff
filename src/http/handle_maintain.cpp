// admin/0 and index/0 (protocol/http.md section 7.10).
//
// Catalogs and search data are always a function of the metaset, so there is nothing to rebuild.
// What refreshing means to clients remains: packages that were closed without being listed are now.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/http/error_page.h"
#include "metaset/http/publish_state.h"
#include "metaset/store/commit.h"

#include "http/handlers.h"
#include "http/publisher_access.h"

namespace metaset::http {
namespace {

constexpr std::array<std::string_view, 6> kCommands = {"rebuild",          "rebuild-packages",
                                                       "rebuild-indexes",  "refresh",
                                                       "refresh-packages", "refresh-indexes"};

void list_waiting_packages(Exchange& exchange, const depot::Publication::Caller& caller) {
  OpenPublication& open = exchange.state_as<PublishState>().publication(exchange);
  store::Repository& repository = open.repository()->store();
  const auto area = store::Staging(repository.staging()).area(caller.owner.area);
  if (!area || area->record.changes == 0) return;
  store::CommitOptions options;
  options.area = caller.owner.area;
  options.who = caller.owner.who;
  options.message = fmt::format("publish {} packages", area->record.changes);
  const store::MetasetRecord record = store::commit(repository, options);
  open.publication().audit().append({{caller.owner.who, caller.address, "commit",
                                      fmt::format("metaset {}", record.number), "ok"}});
  open.committed();
}

}  // namespace

void handle_admin(Exchange& exchange) {
  const std::string command = form_value(exchange.target.query(), "cmd").value_or("");
  if (std::ranges::find(kCommands, command) == kCommands.end()) {
    throw Error(Code::kInvalid, fmt::format("Unknown or unsupported operation: '{}'", command));
  }
  const std::string_view publisher = exchange.target.publisher();
  // pkgrecv ends with a refresh: who may publish may do that. Rebuilding is for administrators.
  const bool rebuild = command.starts_with("rebuild");
  const bool lists = !command.ends_with("-indexes") && closes_immediately(exchange);
  std::vector<store::Right> rights{rebuild ? store::Right::kAdmin : store::Right::kPublish};
  if (lists) {
    rights.push_back(store::Right::kCommit);
    rights.push_back(store::Right::kActivate);
  }
  const auto caller = publisher_access(exchange, rights, publisher);
  if (lists) list_waiting_packages(exchange, caller);
}

void handle_index(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  const std::string_view command = arguments.empty() ? std::string_view() : arguments[0].text;
  constexpr std::array kRights = {store::Right::kPublish};
  publisher_access(exchange, kRights, exchange.target.publisher());
  if (command != "refresh") {
    throw StatusError(404, fmt::format("Unknown index subcommand: {}", command));
  }
}

}  // namespace metaset::http
