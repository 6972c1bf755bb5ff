// Where a request comes from: over the network, and because of which page. Private to this
// directory. Header fields are used against the request only, never for it.
#pragma once

#include "metaset/http/request.h"

namespace metaset::http {

// True if peer and server have loopback addresses, the Host is one of theirs (a name that somebody
// else made point to us is not), and no proxy says that it passes on what another host sent.
bool is_local(const Request& request);

// True if the peer has a loopback address and no proxy says that it passes the request on: that is
// enough for reading, if no page of another site asked for it.
bool comes_from_here(const Request& request);

// True if a browser says that a page of another site caused the request: browsers send client
// certificates and remembered passwords then, too.
bool is_cross_site(const Request& request);

}  // namespace metaset::http
