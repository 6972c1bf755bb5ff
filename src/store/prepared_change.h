// What a staged change does to a metaset, read and parsed once. Private to the store.
#pragma once

#include <string>
#include <vector>

#include "metaset/store/metaset_writer.h"
#include "metaset/store/repository.h"
#include "metaset/store/staging.h"

namespace metaset::store {

struct PreparedChange {
  StagedChange change;
  std::string manifest;               // empty for a removal
  PackageFacts facts;                 // of the manifest
  std::vector<std::string> payloads;  // that it names
};

PreparedChange prepare_change(const Staging& staging, StagedChange change);

// `area_wins`: the change replaces what is there, and removing what is gone does nothing; otherwise
// both are errors as MetasetWriter has them. The manifest's text is left to the caller.
void apply_change(MetasetWriter& writer, const PreparedChange& prepared, bool area_wins);

}  // namespace metaset::store
