#include "http/publisher_access.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"
#include "metaset/http/error_page.h"
#include "metaset/http/identity.h"
#include "metaset/http/publish_state.h"
#include "metaset/store/audit.h"

namespace metaset::http {
namespace {

store::Repository& repository_of(Exchange& exchange) {
  return exchange.state_as<PublishState>().publication(exchange).repository()->store();
}

depot::Publication::Caller caller_of(const Identity& identity, const Exchange& exchange) {
  return {{identity.name, exchange.config.area}, identity.address};
}

// The publisher of a transaction's package; empty if the id is none.
std::string publisher_of(std::string_view id) {
  const auto fmri = percent_decode(id.substr(std::min(id.find('_') + 1, id.size())));
  try {
    return fmri ? ips::Fmri::parse(*fmri).publisher : std::string();
  } catch (const Error&) {
    return {};
  }
}

Identity identify(Exchange& exchange) {
  store::AccessControl access(repository_of(exchange).staging());
  return authenticate(exchange.request, exchange.config, access);
}

void require(Exchange& exchange, const Identity& identity, store::Right right,
             std::string_view publisher) {
  const store::AccessControl access(repository_of(exchange).staging());
  try {
    authorize(identity, access, right, publisher, exchange.config.area);
  } catch (const StatusError& error) {
    exchange.state_as<PublishState>().publication(exchange).publication().audit().note(
        {identity.name, identity.address, "denied",
         std::string(store::right_name(right)) + " " + std::string(publisher), error.message()});
    throw;
  }
}

}  // namespace

depot::Publication::Caller publisher_access(Exchange& exchange,
                                            std::span<const store::Right> rights,
                                            std::string_view publisher) {
  const Identity identity = identify(exchange);
  for (const store::Right right : rights) require(exchange, identity, right, publisher);
  return caller_of(identity, exchange);
}

depot::Publication::Caller transaction_access(Exchange& exchange, std::string_view id,
                                              std::span<const store::Right> more) {
  const Identity identity = identify(exchange);
  const std::string publisher = publisher_of(id);
  // What is no id is no transaction of anybody, as the operation will say.
  if (publisher.empty()) return caller_of(identity, exchange);
  require(exchange, identity, store::Right::kPublish, publisher);
  for (const store::Right right : more) require(exchange, identity, right, publisher);
  return caller_of(identity, exchange);
}

}  // namespace metaset::http
