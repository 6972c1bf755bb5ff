#include "metaset/http/depot_state.h"

namespace metaset::http {

DepotState::DepotState(std::shared_ptr<DepotService> service)
    : service_(std::move(service)), sessions_(service_->pool) {}

depot::ReadSession& DepotState::session(const Exchange& exchange) {
  depot::ReadSession& session = sessions_.at(exchange.config.root);
  if (!session.begun()) session.begin();
  return session;
}

std::optional<depot::Manifest> DepotState::staged_manifest(const Exchange&, const ips::Fmri&) {
  return std::nullopt;
}

bool DepotState::knows_publisher(const Exchange& exchange, std::string_view publisher) {
  const depot::ReadSession& session = this->session(exchange);
  return depot::find_in_repository(session.view(), session.publishers(), publisher).has_value();
}

void DepotState::end_request() noexcept { sessions_.end_all(); }

}  // namespace metaset::http
