#include "metaset/http/depot_state.h"

#include "metaset/base/error.h"
#include "metaset/http/error_page.h"
#include "metaset/http/routes.h"

#include "http/past_views.h"

namespace metaset::http {
namespace {

// How often a thread looks whether the file was replaced.
constexpr std::chrono::seconds kCountersCheck{1};
constexpr std::size_t kMostTemplates = 64;

}  // namespace

DepotState::DepotState(std::shared_ptr<DepotService> service)
    : service_(std::move(service)), sessions_(service_->pool), active_(service_->memories) {}

depot::ReadSession& DepotState::session(const Exchange& exchange) {
  depot::ReadSession& session = sessions_.at(exchange.config.root);
  if (session.begun()) return session;
  session.begin();
  choose_view(exchange, session);
  return session;
}

void DepotState::choose_view(const Exchange& exchange, depot::ReadSession& session) {
  switch (exchange.target.view()) {
    case View::kActive:
      if (!exchange.config.view.empty()) {
        session.select(exchange.config.view);
      } else if ((exchange.route.views & kWholeView) != 0) {
        active_.choose(exchange, session);
      }
      break;
    case View::kMetaset:
      session.select(exchange.target.view_name());
      require_shown(exchange.config, session.view());
      break;
    case View::kStaging:
      throw StatusError(404, "Staging areas are not shown here.");
  }
}

std::string DepotState::trouble(const Exchange& exchange) {
  try {
    depot::ReadSession& session = this->session(exchange);
    return exchange.config.view.empty() ? active_.trouble(exchange, session) : std::string();
  } catch (const Error& error) {
    return error.message();
  }
}

web::Templates& DepotState::templates(const std::string& directory) {
  // More than locations have: a parameter varies with the request.
  if (templates_.size() >= kMostTemplates && !templates_.contains(directory)) templates_.clear();
  web::Templates& templates = templates_.try_emplace(directory, directory).first->second;
  templates.refresh();
  return templates;
}

std::optional<depot::Manifest> DepotState::staged_manifest(const Exchange&, const ips::Fmri&) {
  return std::nullopt;
}

bool DepotState::knows_publisher(const Exchange& exchange, std::string_view publisher) {
  const depot::ReadSession& session = this->session(exchange);
  return depot::find_in_repository(session.view(), session.publishers(), publisher).has_value();
}

metrics::Counters* DepotState::counters(const Config& config, const Logger& log,
                                        std::chrono::steady_clock::time_point now) {
  if (config.metrics.empty()) {
    counters_.reset();
    counters_path_.clear();
    return nullptr;
  }
  const bool known = counters_path_ == config.metrics && now - counters_checked_ < kCountersCheck;
  if (!known) {
    counters_ = service_->counter_files.get(config, log, now);
    counters_path_ = config.metrics;
    counters_checked_ = now;
  }
  return counters_.get();
}

void DepotState::end_request() noexcept { sessions_.end_all(); }

}  // namespace metaset::http
