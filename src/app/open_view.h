// A repository opened for reading, at one metaset, for commands that only show something.
// Thread-safety: one thread.
#pragma once

#include <optional>

#include "metaset/store/repository.h"
#include "metaset/store/view.h"

#include "cli.h"

namespace metaset::app {

class OpenView {
 public:
  // `number`: nullopt for the active metaset; kNotFound if there is none of that number.
  OpenView(const Globals& globals, std::optional<store::MetasetNumber> number)
      : repository_(globals.root(), store::Access::kRead),
        txn_(repository_.committed()),
        view_(repository_.committed(), txn_,
              number ? *number : store::View::active_number(repository_.committed(), txn_)) {
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
