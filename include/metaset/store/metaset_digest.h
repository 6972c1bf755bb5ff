// The two digests of a metaset, made from what is stored: MetasetWriter records them, verification
// makes them again.
//
// The content digest covers every row that the metaset wrote and that is never changed again. For
// each publisher, by id, that is: its name (if it is new), its configuration, its state, and each
// operation in its order with the package row that it concerns (without the metaset that removed
// the package, which is an operation of its own); then the configuration of the repository. Rows
// that follow from these (update logs, digests of catalog files) are left out.
// Thread-safety: as the View's transaction. Errors: kCorrupt if a row is missing or damaged.
#pragma once

#include <optional>

#include "metaset/store/view.h"

namespace metaset::store {

// Of what the view's metaset changed; its own record is not needed.
Sha256 content_digest(const View& view);

// The chain: of everything in the record but its `digest`, and of the parent's digest.
Sha256 chain_digest(MetasetRecord record, const std::optional<MetasetRecord>& parent);

}  // namespace metaset::store
