// What `metaset sign` and `metaset commit --sign` share.
#pragma once

#include "metaset/base/signing.h"
#include "metaset/store/repository.h"

namespace metaset::app {

// Signs a statement about the metaset, and says so in the audit.
void sign_statement(store::Repository& repository, store::MetasetNumber number, const Key& key);

}  // namespace metaset::app
