// Who sent a request, and whether they may do what it asks for.
//
// METASET_AUTH names what a location accepts as proof, separated by commas; the first one in the
// list that the request has decides, and if it is wrong the request is refused:
//   cert       SSL_CLIENT_VERIFY is SUCCESS; SSL_CLIENT_S_DN is the subject, SSL_CLIENT_FINGERPRINT
//              the SHA-1 of the certificate if the web server has it
//   user       REMOTE_USER: the web server checked a password or asked somebody else
//   token      Authorization: Bearer TOKEN, or Basic with the token as the password; the user name
//              is empty or the token's name
//   anonymous  nobody, only from a loopback address to a loopback address, only directly
// Nothing is accepted by default.
//
// What a client can forge: every variable that begins with HTTP_ is a header field of the request,
// so HTTP_REMOTE_USER, HTTP_SSL_CLIENT_VERIFY, HTTP_X_FORWARDED_FOR and so on prove nothing and are
// never taken for a proof. HTTP_AUTHORIZATION is read because it carries the proof itself.
// HTTP_FORWARDED, HTTP_X_FORWARDED_FOR, HTTP_X_REAL_IP, HTTP_VIA, HTTP_HOST, HTTP_ORIGIN and
// HTTP_SEC_FETCH_SITE can only take rights away. The variables without HTTP_ come from the web
// server, which must set (or empty) all that METASET_AUTH makes count.
// Thread-safety: values; free functions are re-entrant.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "metaset/http/config.h"
#include "metaset/http/request.h"
#include "metaset/store/access.h"

namespace metaset::http {

struct Identity {
  AuthSource kind = AuthSource::kAnonymous;
  std::string name;         // "cert:CN=build1,O=X", "user:jane", "token:build", "anonymous"
  std::string fingerprint;  // lower-case hex; empty if not known
  std::string address;      // REMOTE_ADDR
  bool cross_site = false;  // a browser sends this because of a page of another site
};

// StatusError 401 if the request proves nothing that the location accepts, or proves it wrongly;
// kDenied if the location accepts nothing. May write to the environment of `access`: see there.
Identity authenticate(const Request& request, const Config& config, store::AccessControl& access);

// Whether `covered` says yes to one of the names that grants may have for the identity: its own,
// and "fingerprint:HEX" of a certificate whose fingerprint is known.
bool any_name(const Identity& identity, const std::function<bool(std::string_view)>& covered);
// StatusError 403 naming identity, right, publisher and area unless a grant covers them. Publisher
// and area are empty for what concerns no particular one. Cross-site requests may only look.
void authorize(const Identity& identity, const store::AccessControl& access, store::Right right,
               std::string_view publisher, std::string_view area);

}  // namespace metaset::http
