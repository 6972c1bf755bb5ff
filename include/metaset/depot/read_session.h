// What one worker thread keeps of one repository: a read transaction that is renewed for every
// request instead of being made anew, and the publishers of the metaset it saw last.
//
//   session.begin();  ... session.view(), session.publishers() ...;  session.end();
//
// A request sees one state of the database from begin() to end(). end() before a body goes to a
// peer that may be slow: nothing that was returned by value refers to the transaction.
// Thread-safety: one thread. Errors: kUnavailable from begin() for whatever may pass by itself (no
// repository, readers used up, map resized), kNotFound for an unknown metaset.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/depot/repository_pool.h"
#include "metaset/lmdb/lmdb.h"
#include "metaset/store/view.h"

namespace metaset::depot {

class ReadSession {
 public:
  ReadSession(RepositoryPool& pool, std::string root) : pool_(pool), root_(std::move(root)) {}
  ~ReadSession();

  // Takes the newest snapshot; a session that was begun already starts again.
  void begin();
  void end() noexcept;
  bool begun() const { return view_.has_value(); }
  bool has_repository() const { return repository_ != nullptr; }  // of now or of before

  // All below: between begin() and end().
  // The active metaset, unless one of the functions below chose another one.
  const store::View& view() const { return view_.value(); }
  const Publishers& publishers() const { return *publishers_; }
  OpenRepository& repository() const { return *repository_; }
  store::Repository& store() const { return repository_->store(); }
  // A past metaset by its name (store/tags.h): view() and publishers() are its own until end().
  // kInvalid for what is no name, kNotFound if there is none.
  void select(std::string_view metaset);
  // The same by its number; false, and nothing is changed, if there is none or it was collected.
  bool try_select(store::MetasetNumber number);
  // The newest metaset, which may be held.
  void select_latest();
  // What a commit of the staging area would lead to; without changes, the newest metaset. Only if
  // the pool opens repositories for writing. Nobody can commit until end(). It can only be searched
  // if that was asked for.
  using Search = store::Preview::Search;
  void select_preview(std::string_view area, Search search = Search::kNo);
  bool is_preview() const { return preview_.has_value(); }
  // The catalog files of what was chosen.
  store::CatalogFiles& catalog_files() const {
    return preview_ ? area_->catalog_files() : store().catalog_files();
  }

 private:
  void open(RepositoryPool::Look look);
  void begin_transaction();
  bool try_preview(std::string_view area, Search search);
  void use(store::MetasetNumber number);

  RepositoryPool& pool_;
  std::string root_;
  std::shared_ptr<OpenRepository> repository_;  // outlives the transaction
  std::optional<lmdb::ReadTxn> txn_;
  std::shared_ptr<AreaPreview> area_;
  std::optional<store::Preview> preview_;
  std::optional<store::View> view_;  // refers to one of the transactions
  std::shared_ptr<const Publishers> publishers_;
  store::MetasetNumber publishers_of_ = 0;
  unsigned generation_ = 0;  // of the repository when they were taken
  RepositoryPool::Clock::time_point checked_;
};

// The sessions of one thread. The number of roots is that of the web server's configuration: if
// clients can name others, through a host name in METASET_ROOT, what is not there is forgotten.
class ReadSessions {
 public:
  explicit ReadSessions(RepositoryPool& pool) : pool_(pool) {}
  // The reference lives as long as this object, once begin() has succeeded; before that until
  // another root is asked for.
  ReadSession& at(const std::string& root);
  // Ends every session that was begun.
  void end_all() noexcept;
  std::size_t size() const { return sessions_.size(); }

 private:
  RepositoryPool& pool_;
  std::map<std::string, ReadSession, std::less<>> sessions_;
};

}  // namespace metaset::depot
