#include "metaset/depot/read_session.h"

#include "metaset/base/error.h"
#include "metaset/store/collected.h"
#include "metaset/store/tags.h"

namespace metaset::depot {
namespace {

constexpr std::size_t kMostRoots = 64;

}  // namespace

ReadSession::~ReadSession() {
  // The view refers to the transaction, and that to the environment.
  view_.reset();
  preview_.reset();
  txn_.reset();
}

void ReadSession::open(RepositoryPool::Look look) {
  auto repository = pool_.get(root_, look);
  checked_ = RepositoryPool::Clock::now();
  if (repository == repository_) return;
  txn_.reset();
  publishers_.reset();
  publishers_of_ = 0;
  repository_ = std::move(repository);
}

void ReadSession::begin() {
  end();
  const auto age = RepositoryPool::Clock::now() - checked_;
  if (!repository_ || age >= pool_.check_interval()) open(RepositoryPool::Look::kSometimes);
  begin_transaction();
  store::MetasetNumber active = store::View::active_number(repository_->env(), *txn_);
  if (active == 0) {
    // A compact copy has taken its place (store/compact.h).
    txn_->reset();
    open(RepositoryPool::Look::kNow);
    begin_transaction();
    active = store::View::active_number(repository_->env(), *txn_);
    if (active == 0) {
      txn_->reset();
      throw Error(Code::kUnavailable, root_ + " was replaced by what cannot be opened");
    }
  }
  use(active);
}

void ReadSession::begin_transaction() {
  try {
    if (txn_) {
      txn_->renew();
    } else {
      txn_.emplace(repository_->env());
    }
  } catch (...) {
    txn_.reset();
    throw;
  }
}

void ReadSession::use(store::MetasetNumber number) {
  view_.reset();
  preview_.reset();
  view_.emplace(repository_->env(), *txn_, number);
  const unsigned generation = repository_->generation();
  if (publishers_ && publishers_of_ == number && generation_ == generation) return;
  publishers_ = repository_->publishers(*view_);
  publishers_of_ = number;
  generation_ = generation;
}

void ReadSession::end() noexcept {
  view_.reset();
  preview_.reset();
  area_.reset();
  if (txn_) txn_->reset();
}

void ReadSession::select(std::string_view name) {
  use(store::require_metaset(repository_->env(), *txn_, name));
}

bool ReadSession::try_select(store::MetasetNumber number) {
  if (view().number() == number && !preview_) return true;
  const lmdb::Env& env = repository_->env();
  if (!store::View::record_of(env, *txn_, number)) return false;
  if (store::is_collected(env, *txn_, number)) return false;
  use(number);
  return true;
}

void ReadSession::select_latest() { use(store::View::latest_number(repository_->env(), *txn_)); }

bool ReadSession::try_preview(std::string_view area, Search search) {
  area_ = repository_->previews().get(store(), area);
  if (area_->snapshot().state().changes == 0) {
    // A commit may have emptied it since the request began.
    txn_->renew();
    select_latest();
    return true;
  }
  try {
    preview_.emplace(store(), area_->snapshot(), search);
  } catch (const Error& error) {
    if (error.code() != Code::kConflict) throw;
    return false;
  }
  view_.emplace(preview_->view());
  publishers_ = area_->publishers(*view_);
  publishers_of_ = 0;  // of no metaset
  return true;
}

void ReadSession::select_preview(std::string_view area, Search search) {
  constexpr int kPreviewTries = 5;  // each after a commit that came in between
  // Without a transaction of its own, so that the environment can be opened again.
  view_.reset();
  txn_->reset();
  for (int tries = 0; tries < kPreviewTries; ++tries) {
    if (try_preview(area, search)) return;
  }
  txn_->renew();
  select_latest();
  throw Error(Code::kUnavailable, "Others never stop committing.");
}

ReadSession& ReadSessions::at(const std::string& root) {
  const auto place = sessions_.find(root);
  if (place != sessions_.end()) return place->second;
  if (sessions_.size() >= kMostRoots) {
    std::erase_if(sessions_, [](const auto& one) { return !one.second.has_repository(); });
  }
  return sessions_
      .emplace(std::piecewise_construct, std::forward_as_tuple(root),
               std::forward_as_tuple(pool_, root))
      .first->second;
}

void ReadSessions::end_all() noexcept {
  for (auto& [root, session] : sessions_) session.end();
}

}  // namespace metaset::depot
