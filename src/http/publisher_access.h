// Who is asking, and whether they may. Private to what metaset-publish answers.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "metaset/depot/publication.h"
#include "metaset/http/exchange.h"
#include "metaset/store/access.h"

namespace metaset::http {

// The staging area that a request is about: the one that its path names, else the location's.
// kInvalid for an illegal name.
std::string_view area_of(const Exchange& exchange);

// Whether what is published becomes active at once. What is sent to an area by its path waits
// there.
bool closes_immediately(const Exchange& exchange);

// The publisher of a transaction's package; empty if the id is none.
std::string publisher_of(std::string_view id);

// StatusError 401 without identity, 403 without a grant for the publisher and the request's area.
depot::Publication::Caller publisher_access(Exchange& exchange,
                                            std::span<const store::Right> rights,
                                            std::string_view publisher);
// For operations on open transactions, which belong to who opened them: the right to publish may
// have been taken away since. `right`: more that is needed.
depot::Publication::Caller transaction_access(Exchange& exchange, std::string_view id,
                                              std::span<const store::Right> more = {});
// Whether the request may be shown what is in its staging area. False without identity or grant.
bool may_see_area(const Exchange& exchange);
// The same for requests that ask for it: StatusError 401 or 403; 404 where nobody may.
void require_area_access(const Exchange& exchange);
void require_area_access(const Exchange& exchange, std::string_view area);

// Whether the request proves an identity that may see what waits for all publishers: it gets held
// metasets too. False without proof; StatusError 401 for a wrong one.
bool may_transfer(const Exchange& exchange);

}  // namespace metaset::http
