// What a worker thread keeps to answer depot operations: its read transactions and the counters
// that status/0 shows. The state of metaset-serve.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "metaset/depot/manifest.h"
#include "metaset/depot/read_session.h"
#include "metaset/depot/repository_pool.h"
#include "metaset/http/active_view.h"
#include "metaset/http/counter_files.h"
#include "metaset/http/exchange.h"
#include "metaset/http/slow_searches.h"
#include "metaset/store/search_pages.h"
#include "metaset/web/page_cache.h"
#include "metaset/web/templates.h"

namespace metaset::http {

// What the threads of one process share. Thread-safety: any thread. Not to be used across fork.
struct DepotService {
  // Who counts, and where in the file.
  struct Counting {
    metrics::Program program = metrics::Program::kServe;
    metrics::Place place = metrics::Place::kOwnSlot;
  };
  DepotService() : DepotService(1, store::Access::kRead, {}) {}
  // `threads`: how many the process has.
  DepotService(unsigned threads, store::Access how, Counting counting)
      : access(how),
        pool(how),
        counter_files(counting.program, counting.place),
        slow_searches(threads) {}
  const store::Access access;
  depot::RepositoryPool pool;
  CounterFiles counter_files;
  ClientMemories memories;
  web::PageCache pages;
  SlowSearches slow_searches;
  store::SearchPageCache search_pages;
  struct Counters {
    std::atomic<std::uint64_t> catalog{0}, file{0}, manifests{0};
  } counters;
};

class DepotState : public ThreadState {
 public:
  explicit DepotState(std::shared_ptr<DepotService> service);

  // The session of the request's repository, begun: one metaset, that of the request's view, from
  // here to the end of the request.
  depot::ReadSession& session(const Exchange& exchange);
  // Why what depends on the metaset would not be answered now, for people; empty if it would be.
  std::string trouble(const Exchange& exchange);
  // The templates of pages, looked at again: those of a directory, or "" for those compiled in.
  web::Templates& templates(const std::string& directory);
  web::PageCache& page_cache() { return service_->pages; }
  SlowSearches& slow_searches() { return service_->slow_searches; }
  store::SearchPageCache& search_pages() const { return service_->search_pages; }
  DepotService::Counters& counters() { return service_->counters; }

  // A manifest that is not in any metaset yet but waits in the location's staging area.
  virtual std::optional<depot::Manifest> staged_manifest(const Exchange& exchange,
                                                         const ips::Fmri& fmri);

  bool knows_publisher(const Exchange& exchange, std::string_view publisher) override;
  void end_request() noexcept override;
  metrics::Counters* counters(const Config& config, const Logger& log,
                              std::chrono::steady_clock::time_point now) override;
  store::Access access() const { return service_->access; }

 protected:
  // Where the request is counted; null if it is not.
  const std::shared_ptr<metrics::Counters>& metrics_of_request() const { return counters_; }
  // Makes a session that was just begun show what the request's view names.
  virtual void choose_view(const Exchange& exchange, depot::ReadSession& session);

 private:
  std::shared_ptr<DepotService> service_;
  depot::ReadSessions sessions_;
  ActiveView active_;
  std::shared_ptr<metrics::Counters> counters_;
  std::string counters_path_;
  std::chrono::steady_clock::time_point counters_checked_;
  std::map<std::string, web::Templates, std::less<>> templates_;  // by directory
};

}  // namespace metaset::http
