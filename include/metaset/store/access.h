// Who may do what: tokens, which prove a name, and grants, which give identities rights.
//
// Both are in the staging environment, which the user that serves cannot read. Every change is
// durable when the call returns, and is in the audit by the same transaction.
// Thread-safety: any thread and process; LMDB serialises the writers. No call may be made in a
// thread that has a WriteTxn of the environment (check_token() writes, too).
// Errors: kInvalid for illegal names and patterns, kExists for a token name in use, system errors.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/lmdb/lmdb.h"
#include "metaset/store/schema.h"

namespace metaset::store {

// None of them includes another one.
enum class Right : std::uint64_t {
  kPublish = 1,   // open transactions, upload, close; what was staged so can be abandoned
  kCommit = 2,    // turn a staging area into a metaset; immediate publication needs it too
  kActivate = 4,  // make a metaset the active one, also as part of a commit
  kRemove = 8,    // stage the removal of packages
  kAdmin = 16,    // refresh and rebuild (admin/0, index/0)
  kPreview = 32,  // see a staging area before it is committed
};
using Rights = std::uint64_t;  // bits of Right

std::string_view right_name(Right right);
// "publish,commit": kInvalid naming the word that is no right.
Rights parse_rights(std::string_view text);
std::string rights_text(Rights rights);

// The one who changes tokens and grants, for the audit.
struct Actor {
  std::string identity;
  std::string address;  // empty: the command line
};

struct Token {
  std::string id;  // 16 hex digits
  std::string name;
  Time created;
  std::string who;
  std::optional<Time> expires;
  std::optional<Time> last_used;  // to the minute
};

// Patterns are globs as in ips::matches_glob: *, ?, [set]. The identity's is "*", "anonymous", or
// has the form cert:SUBJECT, fingerprint:HEX, user:NAME, token:NAME. What concerns no particular
// publisher or area is asked for with an empty name, which only "*" matches.
struct Grant {
  std::uint64_t number = 0;  // that of its record in the audit; never used again
  std::string identity;
  Rights rights = 0;
  std::string publisher{"*"}, area{"*"};
  Time created;
  std::string who;
};

class AccessControl {
 public:
  explicit AccessControl(lmdb::Env& staging) : env_(staging) {}

  // Gives the token, "mst_ID_SECRET", which cannot be shown again. Names are as those of areas.
  std::string create_token(std::string_view name, std::optional<Time> expires, const Actor& actor);
  std::vector<Token> tokens() const;  // by name
  // False if there is none. Grants stay: a new token of that name has them again.
  bool revoke_token(std::string_view name, const Actor& actor);
  // nullopt if it is not a token of this repository; kDenied if it is one that has expired. Notes
  // the use at most once a minute; that this fails (disk full) does not matter.
  std::optional<Token> check_token(std::string_view presented, Time at = now());
  // True if the text has the form of a token.
  static bool looks_like_token(std::string_view text);

  // `number`, `created` and `who` are set here. Gives the number.
  std::uint64_t add_grant(Grant grant, const Actor& actor);
  std::vector<Grant> grants() const;  // by number
  bool remove_grant(std::uint64_t number, const Actor& actor);
  // Whether a grant covers all of this. Nothing is granted by default.
  bool allowed(std::string_view identity, Right right, std::string_view publisher,
               std::string_view area) const;
  // Whether the identity may look at the area: a grant to publish or to preview covers it, for the
  // publisher or, if that is empty, for any publisher.
  bool may_see(std::string_view identity, std::string_view publisher, std::string_view area) const;

  // Whether a grant to preview or to commit covers all publishers, in any area: who has it knows
  // what will be released, and may replicate it before.
  bool may_transfer(std::string_view identity) const;

 private:
  bool any_grant(const std::function<bool(const GrantRecord&)>& covers) const;
  void note_use(std::string_view id, Time at);
  lmdb::Env& env_;
};

}  // namespace metaset::store
