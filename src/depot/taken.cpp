#include "depot/taken.h"

#include "metaset/base/error.h"
#include "metaset/store/staging.h"

namespace metaset::depot {

bool is_taken(store::Repository& repository, const ips::Fmri& fmri, std::string_view area) {
  const store::Staging staging(repository.staging());
  if (const auto staged = staging.area(area)) {
    if (const auto change = staging.change(staged->record.id, fmri)) {
      return change->record.kind != store::ChangeKind::kRemove;
    }
  }
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const store::View view(env, txn, store::View::latest_number(env, txn));
  const auto publisher = view.publisher(fmri.publisher);
  return publisher && view.find(publisher->id, fmri.name, *fmri.version).has_value();
}

void throw_taken(const ips::Fmri& fmri) {
  throw Error(Code::kExists,
              "The specified FMRI, '" + fmri.text() + "', already exists or has been restricted.");
}

std::string default_prefix(store::Repository& repository, const ips::Fmri& fmri) {
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const store::View view(env, txn, store::View::latest_number(env, txn));
  const auto publisher = view.default_publisher();
  if (!publisher) {
    throw Error(Code::kInvalid, "'" + fmri.text() +
                                    "' names no publisher, and the repository has no default one "
                                    "(metaset set publisher/prefix=NAME)");
  }
  return publisher->prefix;
}

}  // namespace metaset::depot
