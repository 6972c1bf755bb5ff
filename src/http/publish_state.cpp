#include "metaset/http/publish_state.h"

#include "metaset/http/routes.h"
#include "metaset/store/commit.h"
#include "metaset/web/site.h"

#include "http/publisher_access.h"

namespace metaset::http {
namespace {

// A search, its page, or that in JSON.
bool searches(const Exchange& exchange) {
  const auto segments = exchange.target.segments();
  const auto arguments = exchange.target.arguments();
  return exchange.route.operation == "search" ||
         (exchange.target.operation() == kApiOperation && !arguments.empty() &&
          arguments[0].text == "search") ||
         (exchange.route.operation.empty() && !segments.empty() &&
          segments.back().text == web::kFindPage);
}

}  // namespace

OpenPublication::OpenPublication(std::shared_ptr<depot::OpenRepository> repository,
                                 const Logger& log)
    : repository_(std::move(repository)),
      publication_(repository_->store(), {}, [this] { committed(); }),
      caretaker_(std::make_unique<depot::Caretaker>(repository_->store(), log,
                                                    [this] { publication_.audit().flush(); })) {}

void OpenPublication::committed() {
  caretaker_->committed();
  const std::lock_guard lock(mutex_);
  if (counters_) counters_->add(metrics::Event::kCommits);
}

void OpenPublication::count_in(std::shared_ptr<metrics::Counters> counters) {
  const std::lock_guard lock(mutex_);
  counters_ = std::move(counters);
}

std::shared_ptr<OpenPublication> PublishService::publication(const std::string& root) {
  const auto repository = pool.get(root);
  const std::lock_guard lock(mutex_);
  auto& known = publications_[root];
  // A repository that was replaced below us is another one.
  if (!known || known->repository() != repository) {
    store::settle(repository->store());
    known = std::make_shared<OpenPublication>(repository, log_);
  }
  return known;
}

OpenPublication& PublishState::publication(const Exchange& exchange) {
  current_ = publish_->publication(exchange.config.root);
  current_->count_in(metrics_of_request());
  return *current_;
}

bool PublishState::shows_area(const Exchange& exchange) {
  if (!shows_area_) {
    if (exchange.target.view() == View::kStaging) require_area_access(exchange);
    shows_area_ = exchange.target.view() == View::kStaging || may_see_area(exchange);
  }
  return *shows_area_;
}

void PublishState::choose_view(const Exchange& exchange, depot::ReadSession& session) {
  const bool past = exchange.target.view() == View::kMetaset ||
                    (exchange.target.view() == View::kActive && !exchange.config.view.empty());
  if (past) return DepotState::choose_view(exchange, session);
  const Method method = exchange.request.method();
  const bool reads = method == kHead || method == kGet || (exchange.route.read & method) != 0;
  if (!reads) return;
  const bool staged =
      exchange.target.view() == View::kStaging || exchange.config.closing == Closing::kStaged;
  if (!staged || exchange.route.handler == nullptr || !shows_area(exchange)) {
    if (exchange.target.view() == View::kActive) DepotState::choose_view(exchange, session);
    return;
  }
  session.select_latest();
  const std::string_view prefix = exchange.target.publisher();
  // What has a name of its own is found without applying the area's changes, unless its publisher
  // comes with them.
  const bool needs_all = (exchange.route.views & kWholeView) != 0 ||
                         (!prefix.empty() && session.publishers().find(prefix) == nullptr);
  const auto search =
      searches(exchange) ? store::Preview::Search::kYes : store::Preview::Search::kNo;
  if (needs_all) session.select_preview(area_of(exchange), search);
}

std::optional<depot::Manifest> PublishState::staged_manifest(const Exchange& exchange,
                                                             const ips::Fmri& fmri) {
  if (exchange.target.view() == View::kMetaset || !shows_area(exchange)) return std::nullopt;
  return find_staged(exchange, fmri);
}

std::optional<depot::Manifest> PublishState::find_staged(const Exchange& exchange,
                                                         const ips::Fmri& fmri) {
  store::Repository& repository = publication(exchange).repository()->store();
  const store::Staging staging(repository.staging());
  const auto area = staging.area(area_of(exchange));
  if (!area) return std::nullopt;
  const auto change = staging.change(area->record.id, fmri);
  if (!change || change->record.kind == store::ChangeKind::kRemove) return std::nullopt;
  depot::Manifest manifest;
  manifest.bytes = staging.manifest(change->record.manifest);
  manifest.size = manifest.bytes.size();
  manifest.sha1 = sha1_of(manifest.bytes);
  manifest.last_modified = change->record.time;
  return manifest;
}

bool PublishState::knows_publisher(const Exchange& exchange, std::string_view publisher) {
  if (DepotState::knows_publisher(exchange, publisher)) return true;
  // What belongs to a transaction can be sent below the publisher that it will bring.
  const auto arguments = exchange.target.arguments();
  if (exchange.route.write_handler != nullptr && !arguments.empty() &&
      publisher_of(arguments[0].text) == publisher) {
    return true;
  }
  const store::Staging staging(publication(exchange).repository()->store().staging());
  const auto area = staging.area(area_of(exchange));
  return area && staging.has_publisher(area->record.id, publisher);
}

void PublishState::after_reply() noexcept {
  try {
    if (closed_) closed_->remove();
  } catch (const std::exception&) {
    // It is published; what is left of it is removed when it has been idle for long enough.
  }
  closed_.reset();
}

void PublishState::end_request() noexcept {
  DepotState::end_request();
  current_.reset();
  shows_area_.reset();
}

}  // namespace metaset::http
