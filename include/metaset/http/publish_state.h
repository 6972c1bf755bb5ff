// What a thread of metaset-publish keeps: what metaset-serve keeps, and the publications of each
// repository. The state of metaset-publish.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "metaset/base/log.h"
#include "metaset/depot/caretaker.h"
#include "metaset/depot/publication.h"
#include "metaset/http/depot_state.h"

namespace metaset::http {

// One repository that is published to. Thread-safety: any thread.
class OpenPublication {
 public:
  OpenPublication(std::shared_ptr<depot::OpenRepository> repository, const Logger& log);
  depot::Publication& publication() { return publication_; }
  // A metaset was made.
  void committed();
  // Where those are counted from now on; null: nowhere.
  void count_in(std::shared_ptr<metrics::Counters> counters);
  const std::shared_ptr<depot::OpenRepository>& repository() const { return repository_; }

 private:
  std::shared_ptr<depot::OpenRepository> repository_;
  depot::Publication publication_;
  std::mutex mutex_;  // guards counters_
  std::shared_ptr<metrics::Counters> counters_;
  std::unique_ptr<depot::Caretaker> caretaker_;  // uses the publication
};

// What the threads of one process share. Thread-safety: any thread. Not to be used across fork.
class PublishService : public DepotService {
 public:
  PublishService(unsigned threads, const Logger& log,
                 metrics::Place place = metrics::Place::kOwnSlot)
      : DepotService(threads, store::Access::kWrite, {metrics::Program::kPublish, place}),
        log_(log) {}
  std::shared_ptr<OpenPublication> publication(const std::string& root);

 private:
  const Logger& log_;
  std::mutex mutex_;  // guards publications_
  std::map<std::string, std::shared_ptr<OpenPublication>> publications_;
};

class PublishState : public DepotState {
 public:
  explicit PublishState(std::shared_ptr<PublishService> service)
      : DepotState(service), publish_(std::move(service)) {}

  // Of the request's repository; stays open until the end of the request.
  OpenPublication& publication(const Exchange& exchange);

  std::optional<depot::Manifest> staged_manifest(const Exchange& exchange,
                                                 const ips::Fmri& fmri) override;
  // A publisher comes into being with its first package, which may be staged only.
  bool knows_publisher(const Exchange& exchange, std::string_view publisher) override;
  void end_request() noexcept override;
  void after_reply() noexcept override;

  void remove_after_reply(depot::Transaction transaction) { closed_ = std::move(transaction); }

 protected:
  // Below /staging/AREA/ what the area leads to; else, where packages wait for a commit, that of
  // the location's area for those who may see it: a publisher sees what it has done.
  void choose_view(const Exchange& exchange, depot::ReadSession& session) override;

 private:
  bool shows_area(const Exchange& exchange);
  std::optional<depot::Manifest> find_staged(const Exchange& exchange, const ips::Fmri& fmri);
  std::shared_ptr<PublishService> publish_;
  std::shared_ptr<OpenPublication> current_;
  std::optional<depot::Transaction> closed_;
  std::optional<bool> shows_area_;  // of this request, once it is known
};

}  // namespace metaset::http
