#include "metaset/http/identity.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "metaset/base/base64.h"
#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/base/percent.h"
#include "metaset/http/error_page.h"

#include "http/credentials.h"
#include "http/origin_check.h"

namespace metaset::http {
namespace {

constexpr std::size_t kMaxName = 1024;  // bytes; more is no sensible subject or user

// The header field is for clients that print what it stands for when versions/0 gets a 401
// (protocol/http.md section 3).
StatusError unauthorized(std::string message) {
  return StatusError(401, std::move(message))
      .with_header("WWW-Authenticate", "Basic realm=\"metaset\"")
      .with_header("X-IPkg-Error", "ENT");
}

// Names go into grants, the audit and messages.
std::string checked_name(std::string_view kind, std::string_view name) {
  const bool has_control = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (has_control || !is_utf8(name) || name.size() > kMaxName) {
    throw unauthorized(fmt::format("The {} of the request is not text of at most {} bytes.",
                                   kind == "cert" ? "certificate's subject" : "user name",
                                   kMaxName));
  }
  return fmt::format("{}:{}", kind, name);
}

// Web servers write it with or without colons, in either case.
std::string normal_fingerprint(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex && digits.size() >= 40 ? digits : std::string();
}

// Of a certificate in PEM, which Apache gives instead; empty if it is none.
std::string pem_fingerprint(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const std::size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return {};
  std::string text(pem.substr(begin + kBegin.size()));
  text.resize(std::min(text.find("-----END"), text.size()));
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  const std::optional<std::string> der = decode_base64(text);
  return der ? to_hex(sha1_of(*der)) : std::string();
}

std::string certificate_fingerprint(const Request& request) {
  const std::string_view given = request.param("SSL_CLIENT_FINGERPRINT");
  return given.empty() ? pem_fingerprint(request.param("SSL_CLIENT_CERT"))
                       : normal_fingerprint(given);
}

// Tries what a request has, one kind of proof at a time: nullopt if it has none of that kind,
// StatusError 401 if it has a wrong one.
class Examiner {
 public:
  Examiner(const Request& request, const Config& config, store::AccessControl& access)
      : request_(request),
        access_(access),
        accepts_user_(std::ranges::find(config.auth, AuthSource::kUser) != config.auth.end()),
        authorization_(request.param("HTTP_AUTHORIZATION")),
        credentials_(parse_credentials(authorization_)) {}

  std::optional<Identity> find(AuthSource source) {
    switch (source) {
      case AuthSource::kCertificate:
        return certificate();
      case AuthSource::kUser:
        return user();
      case AuthSource::kToken:
        return token();
      case AuthSource::kAnonymous:
        return anonymous();
    }
    return std::nullopt;
  }

 private:
  std::optional<Identity> certificate() const {
    const std::string_view verdict = request_.param("SSL_CLIENT_VERIFY");
    if (verdict.empty() || verdict == "NONE") return std::nullopt;
    if (verdict != "SUCCESS") {
      throw unauthorized("The web server did not accept the client certificate.");
    }
    const std::string_view subject = request_.param("SSL_CLIENT_S_DN");
    if (subject.empty()) throw unauthorized("The client certificate has no subject.");
    return Identity{AuthSource::kCertificate,
                    checked_name("cert", subject),
                    certificate_fingerprint(request_),
                    {}};
  }

  std::optional<Identity> user() const {
    const std::string_view name = request_.param("REMOTE_USER");
    if (name.empty()) return std::nullopt;
    // nginx fills $remote_user from Basic credentials also where it checks no passwords.
    if (credentials_ && store::AccessControl::looks_like_token(credentials_->secret)) {
      return std::nullopt;
    }
    return Identity{AuthSource::kUser, checked_name("user", name), {}, {}};
  }

  std::optional<Identity> token() {
    if (authorization_.empty()) return std::nullopt;
    if (!credentials_ || !store::AccessControl::looks_like_token(credentials_->secret)) {
      // It may be a password that the web server has checked.
      if (accepts_user_) return std::nullopt;
      throw unauthorized("The password is not a metaset token.");
    }
    const std::optional<store::Token> token = checked_token(credentials_->secret);
    if (!token) throw unauthorized("The token is not known here, or was revoked.");
    if (!credentials_->user.empty() && credentials_->user != token->name) {
      throw unauthorized("The user name is not the name of the token; it can be left out.");
    }
    return Identity{AuthSource::kToken, "token:" + token->name, {}, {}};
  }

  std::optional<store::Token> checked_token(std::string_view secret) const {
    try {
      return access_.check_token(secret);
    } catch (const Error& error) {
      if (error.code() != Code::kDenied) throw;
      throw unauthorized(error.message());
    }
  }

  // Who has tried to prove something is not nobody.
  std::optional<Identity> anonymous() const {
    if (!authorization_.empty() || !is_local(request_)) return std::nullopt;
    return Identity{AuthSource::kAnonymous, "anonymous", {}, {}};
  }

  const Request& request_;
  store::AccessControl& access_;
  bool accepts_user_;
  std::string_view authorization_;
  std::optional<Credentials> credentials_;
};

std::string_view proof_name(AuthSource source) {
  switch (source) {
    case AuthSource::kCertificate:
      return "a client certificate";
    case AuthSource::kUser:
      return "a user name and password";
    case AuthSource::kToken:
      return "a metaset token";
    case AuthSource::kAnonymous:
      return "a direct connection from this host to localhost";
  }
  return "nothing";
}

std::string accepted_proofs(const Config& config) {
  std::string list;
  for (const AuthSource source : config.auth) {
    if (!list.empty()) list += " or ";
    list += proof_name(source);
  }
  return list;
}

// What concerns no particular one takes a grant for all of them.
std::string_view or_all(std::string_view name) { return name.empty() ? "*" : name; }

}  // namespace

Identity authenticate(const Request& request, const Config& config, store::AccessControl& access) {
  if (config.auth.empty()) {
    throw Error(Code::kDenied,
                "This location accepts no proof of identity: METASET_AUTH is empty.");
  }
  Examiner examiner(request, config, access);
  for (const AuthSource source : config.auth) {
    std::optional<Identity> identity = examiner.find(source);
    if (!identity) continue;
    identity->address = request.param("REMOTE_ADDR");
    identity->cross_site = is_cross_site(request);
    return *std::move(identity);
  }
  throw unauthorized(fmt::format("This location wants {}.", accepted_proofs(config)));
}

bool any_name(const Identity& identity, const std::function<bool(std::string_view)>& covered) {
  return covered(identity.name) ||
         (!identity.fingerprint.empty() && covered("fingerprint:" + identity.fingerprint));
}

void authorize(const Identity& identity, const store::AccessControl& access, store::Right right,
               std::string_view publisher, std::string_view area) {
  if (identity.cross_site && right != store::Right::kPreview) {
    throw StatusError(403, "A page of another site must not do this.");
  }
  const auto allowed = [&](std::string_view name) {
    return access.allowed(name, right, publisher, area);
  };
  if (any_name(identity, allowed)) return;
  throw StatusError(
      403, fmt::format("{} has no grant of the right '{}' for publisher '{}' and "
                       "staging area '{}'.",
                       identity.name, store::right_name(right), or_all(publisher), or_all(area)));
}

}  // namespace metaset::http
