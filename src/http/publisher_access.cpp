#include "http/publisher_access.h"

#include <algorithm>
#include <optional>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"
#include "metaset/http/error_page.h"
#include "metaset/http/identity.h"
#include "metaset/http/publish_state.h"
#include "metaset/store/audit.h"

namespace metaset::http {
namespace {

store::Repository& repository_of(const Exchange& exchange) {
  return exchange.state_as<PublishState>().publication(exchange).repository()->store();
}

depot::Publication::Caller caller_of(const Identity& identity, const Exchange& exchange) {
  return {{identity.name, std::string(area_of(exchange))}, identity.address};
}

Identity identify(const Exchange& exchange) {
  store::AccessControl access(repository_of(exchange).staging());
  return authenticate(exchange.request, exchange.config, access);
}

void note_denied(const Exchange& exchange, const Identity& identity, store::Right right,
                 std::string_view publisher, const std::string& message) {
  exchange.state_as<PublishState>().publication(exchange).publication().audit().note(
      {identity.name, identity.address, "denied",
       std::string(store::right_name(right)) + " " + std::string(publisher), message});
}

void require(const Exchange& exchange, const Identity& identity, store::Right right,
             std::string_view publisher, std::string_view area) {
  const store::AccessControl access(repository_of(exchange).staging());
  try {
    authorize(identity, access, right, publisher, area);
  } catch (const StatusError& error) {
    note_denied(exchange, identity, right, publisher, error.message());
    throw;
  }
}

bool may_see(const Exchange& exchange, const Identity& identity, std::string_view area) {
  const store::AccessControl access(repository_of(exchange).staging());
  return any_name(identity, [&](std::string_view name) {
    return access.may_see(name, exchange.target.publisher(), area);
  });
}

}  // namespace

std::string publisher_of(std::string_view id) {
  const auto fmri = percent_decode(id.substr(std::min(id.find('_') + 1, id.size())));
  try {
    return fmri ? ips::Fmri::parse(*fmri).publisher : std::string();
  } catch (const Error&) {
    return {};
  }
}

bool closes_immediately(const Exchange& exchange) {
  return exchange.config.closing == Closing::kImmediate && exchange.target.view() != View::kStaging;
}

std::string_view area_of(const Exchange& exchange) {
  if (exchange.target.view() != View::kStaging) return exchange.config.area;
  const std::string_view name = exchange.target.view_name();
  if (store::Staging::is_area_name(name)) return name;
  throw Error(Code::kInvalid, "'" + std::string(name) +
                                  "' is not the name of a staging area: letters, digits, " +
                                  "'.', '_' and '-' are allowed, at most 64");
}

depot::Publication::Caller publisher_access(Exchange& exchange,
                                            std::span<const store::Right> rights,
                                            std::string_view publisher) {
  const Identity identity = identify(exchange);
  for (const store::Right right : rights)
    require(exchange, identity, right, publisher, area_of(exchange));
  return caller_of(identity, exchange);
}

depot::Publication::Caller transaction_access(Exchange& exchange, std::string_view id,
                                              std::span<const store::Right> more) {
  const Identity identity = identify(exchange);
  const std::string publisher = publisher_of(id);
  // What is no id is no transaction of anybody, as the operation will say.
  if (publisher.empty()) return caller_of(identity, exchange);
  require(exchange, identity, store::Right::kPublish, publisher, area_of(exchange));
  for (const store::Right right : more)
    require(exchange, identity, right, publisher, area_of(exchange));
  return caller_of(identity, exchange);
}

bool may_see_area(const Exchange& exchange) {
  if (exchange.config.preview == PreviewAccess::kOpen) return true;
  if (exchange.config.auth.empty()) return false;
  try {
    return may_see(exchange, identify(exchange), area_of(exchange));
  } catch (const StatusError&) {
    return false;
  }
}

void require_area_access(const Exchange& exchange) {
  require_area_access(exchange, area_of(exchange));
}

void require_area_access(const Exchange& exchange, std::string_view area) {
  if (exchange.config.preview == PreviewAccess::kOpen) return;
  if (exchange.config.auth.empty()) throw StatusError(404, "Staging areas are not shown here.");
  const Identity identity = identify(exchange);
  if (may_see(exchange, identity, area)) return;
  require(exchange, identity, store::Right::kPreview, exchange.target.publisher(), area);
}

bool may_transfer(const Exchange& exchange) {
  if (exchange.role != Role::kPublish || exchange.config.auth.empty()) return false;
  std::optional<Identity> identity;
  try {
    identity = identify(exchange);
  } catch (const StatusError&) {
    if (!exchange.request.param("HTTP_AUTHORIZATION").empty()) throw;
    return false;
  }
  const store::AccessControl access(repository_of(exchange).staging());
  return any_name(*identity, [&](std::string_view name) { return access.may_transfer(name); });
}

}  // namespace metaset::http
