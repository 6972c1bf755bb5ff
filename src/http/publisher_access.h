// Who is asking, and whether they may. Private to the publication handlers.
#pragma once

#include <span>
#include <string_view>

#include "metaset/depot/publication.h"
#include "metaset/http/exchange.h"
#include "metaset/store/access.h"

namespace metaset::http {

// StatusError 401 without identity, 403 without a grant for the publisher and the request's area.
depot::Publication::Caller publisher_access(Exchange& exchange,
                                            std::span<const store::Right> rights,
                                            std::string_view publisher);
// For operations on open transactions, which belong to who opened them: the right to publish may
// have been taken away since. `right`: more that is needed.
depot::Publication::Caller transaction_access(Exchange& exchange, std::string_view id,
                                              std::span<const store::Right> more = {});

}  // namespace metaset::http
