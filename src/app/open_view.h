// A repository opened for reading, at one metaset, for commands that only show something.
// Thread-safety: one thread.
#pragma once

#include <string_view>

#include "metaset/store/repository.h"
#include "metaset/store/tags.h"
#include "metaset/store/view.h"

#include "cli.h"

namespace metaset::app {

class OpenView {
 public:
  // `metaset`: a number, time or tag; empty for the active one. kNotFound if there is none.
  // `find` says which it is; require_record() finds those too that were collected.
  using Find = store::MetasetNumber (&)(const lmdb::Env& env, const lmdb::Txn& txn,
                                        std::string_view name);
  OpenView(const Globals& globals, std::string_view metaset, Find find = store::require_metaset)
      : repository_(globals.root(), store::Access::kRead),
        txn_(repository_.committed()),
        view_(repository_.committed(), txn_,
              metaset.empty() ? store::View::active_number(repository_.committed(), txn_)
                              : find(repository_.committed(), txn_, metaset)) {
    view_.record();
  }

  const store::Repository& repository() const { return repository_; }
  const store::View& view() const { return view_; }

 private:
  const store::Repository repository_;
  const lmdb::ReadTxn txn_;
  const store::View view_;
};

}  // namespace metaset::app
