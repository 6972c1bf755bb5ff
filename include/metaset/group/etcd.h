// A client of etcd (3.4 and later) through its JSON gateway: where a group keeps its state.
//
// Keys and values are any bytes; the gateway's base64 is not seen here. Revisions are those of
// etcd's store: each change has a greater one than all before.
//
// A call asks the endpoint that answered last, then each other one once. Every attempt and the
// whole call have time limits, nothing sleeps between. Another endpoint is asked if there was no
// connection, no answer in time, no leader (a member without one answers nothing but local reads),
// or an answer that says "not now" or makes no sense. put, del and txn may have been done although
// no answer came (EtcdUncertain): they are never sent a second time; read what is there, and use
// compares on revisions. Reads (also by a txn that does nothing else), lease_grant (the other lease
// runs out by itself), lease_keepalive and lease_revoke are repeated.
//
// Lifetime: nothing outlives a call but the connections and the token of the user.
// Thread-safety: a client belongs to one thread at a time; make one for each thread. Only the
// stop token of watch() may be used from others.
// Errors: kUnavailable naming every endpoint that was asked and why it did not help; kDenied for a
// user, password, permission or certificate that is refused; kInvalid for what etcd calls a bad
// request; kNotFound for a change with a lease that is gone; kNoSpace if etcd's quota is used up;
// kLimit for an answer over 8 MiB and for values over 1 MiB. No message has the password.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metaset/base/error.h"

namespace metaset::group {

struct EtcdOptions {
  std::vector<std::string> endpoints;            // http://HOST:PORT or https://HOST:PORT
  std::string ca_file, client_cert, client_key;  // PEM, as in net::HttpOptions
  std::string user, password;                    // empty: etcd asks for none
  std::chrono::milliseconds connect_timeout{1'000};
  std::chrono::milliseconds attempt_timeout{1'500};  // one endpoint
  std::chrono::milliseconds total_timeout{3'000};    // a call, whatever it does
};

// "URL,URL" as in --etcd. kInvalid for what is no list of http and https URLs.
std::vector<std::string> etcd_endpoints(std::string_view list);

// put, del or txn was sent and may have been done, or may still be done.
class EtcdUncertain : public Error {
 public:
  explicit EtcdUncertain(std::string message) : Error(Code::kUnavailable, std::move(message)) {}
};

// One key, or all from `key` to before `end`.
struct EtcdKeys {
  std::string key;
  std::string end;  // empty: one key

  static EtcdKeys one(std::string key) { return {std::move(key), {}}; }
  static EtcdKeys prefix(std::string_view prefix);  // empty: all keys of the store
};

struct EtcdRecord {
  std::string key, value;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t version = 0;  // 1: not changed since it was made
  std::int64_t lease = 0;    // 0: none

  bool operator==(const EtcdRecord&) const = default;
};

struct EtcdRecords {
  std::int64_t revision = 0;                           // of the store when it was read
  std::vector<EtcdRecord> records;                     // by key
  const EtcdRecord* find(std::string_view key) const;  // null: not there
};

enum class EtcdRelation { kEqual, kLess, kGreater, kNotEqual };

// A condition of a transaction. With a range it holds if it does for each key of it. A key that is
// not there, or a range without any, has the revisions and the version 0, and no value that
// anything could be true of.
struct EtcdCompare {
  enum class Target { kModRevision, kCreateRevision, kVersion, kLease, kValue };
  EtcdKeys keys;
  Target target = Target::kModRevision;
  EtcdRelation relation = EtcdRelation::kEqual;
  std::int64_t number = 0;
  std::string value;  // of kValue; compared as bytes

  static EtcdCompare mod_revision(EtcdKeys keys, EtcdRelation relation, std::int64_t revision);
  static EtcdCompare create_revision(EtcdKeys keys, EtcdRelation relation, std::int64_t revision);
  static EtcdCompare version(EtcdKeys keys, EtcdRelation relation, std::int64_t version);
  static EtcdCompare lease(EtcdKeys keys, EtcdRelation relation, std::int64_t lease);
  static EtcdCompare value_is(EtcdKeys keys, EtcdRelation relation, std::string value);
  static EtcdCompare exists(std::string key);  // version > 0
  static EtcdCompare absent(std::string key);  // version = 0
};

struct EtcdOperation {
  enum class Kind { kPut, kDelete, kRange };
  Kind kind = Kind::kRange;
  EtcdKeys keys;
  std::string value;
  std::int64_t lease = 0;

  static EtcdOperation put(std::string key, std::string value, std::int64_t lease = 0);
  static EtcdOperation del(EtcdKeys keys);
  static EtcdOperation range(EtcdKeys keys);
};

struct EtcdTxn {
  std::vector<EtcdCompare> compares;           // all true: `then`, otherwise `otherwise`
  std::vector<EtcdOperation> then, otherwise;  // a key may be put only once in each
};

struct EtcdTxnResult {
  bool succeeded = false;     // `then` was done
  std::int64_t revision = 0;  // of the store; of the changes, if there were any
  struct Result {
    std::vector<EtcdRecord> records;  // of a range
    std::int64_t deleted = 0;         // how many keys a delete removed
  };
  std::vector<Result> results;  // one for each operation of the branch that was done
};

struct EtcdLease {
  std::int64_t id = 0;
  std::chrono::seconds ttl{0};  // what etcd made of the wish
};

struct EtcdEvent {
  bool deleted = false;
  EtcdRecord record;  // deleted: only key and mod_revision
};

enum class EtcdWatchEnd {
  kStopped,    // by the stop token
  kExpired,    // the limit of time came
  kCompacted,  // changes since `from` are not kept any more: read everything anew
  kBroken,     // the connection, the member or its leader went away: watch again
};
struct EtcdWatchResult {
  EtcdWatchEnd end = EtcdWatchEnd::kStopped;
  std::int64_t next = 0;  // watch from here; kCompacted: the oldest revision that is kept
  std::string reason;     // of kBroken
};

class EtcdClient {
 public:
  explicit EtcdClient(EtcdOptions options);  // connects to nothing yet. kInvalid
  ~EtcdClient();
  EtcdClient(EtcdClient&&) noexcept;

  // What a majority agreed on. local: what the asked member knows, also without a majority or a
  // leader; it may be old.
  EtcdRecords range(const EtcdKeys& keys, bool local = false);
  // The revision of the change.
  std::int64_t put(std::string_view key, std::string_view value, std::int64_t lease = 0);
  // How many keys were removed.
  std::int64_t del(const EtcdKeys& keys);
  EtcdTxnResult txn(const EtcdTxn& txn);

  EtcdLease lease_grant(std::chrono::seconds ttl);
  // How long it lasts from when etcd was asked, nullopt: it is gone, with its keys. Take the time
  // before the call, not after it, as the beginning.
  // A leader that was paused and does not know yet that it leads no more may say so of leases that
  // ran out long ago. Who relies on the time names `key`, which has this lease: it is then read
  // from a majority at the same member in the same term, which shows that the one who renewed was
  // leading after that (a later leader gives every lease its whole time anew). kUnavailable if it
  // cannot be shown; nullopt, too, if the key is not there or has another lease.
  std::optional<std::chrono::seconds> lease_keepalive(std::int64_t id, std::string_view key = {});
  // Removes its keys. No error if it is gone already.
  void lease_revoke(std::int64_t id);

  // Lets etcd forget what keys were before the revision. No error if it has already.
  void compact(std::int64_t revision);

  // Calls `tell` for the changes of `keys` from the revision `from` on (0: from now on), those of
  // one revision together: all changes up to `revision` were told then. First once without events,
  // when the watch stands; `revision` is then that of the store. Returns when stopped (at once,
  // from any thread), after `limit` (0: none), or when it cannot go on. A member that is paused
  // looks like one without news: whoever needs to know soon watches with a limit, or reads now and
  // then. `tell` may use the client, but not for another watch.
  // Errors as above if no endpoint can begin a watch; what `tell` throws.
  using Tell = std::function<void(const std::vector<EtcdEvent>& events, std::int64_t revision)>;
  EtcdWatchResult watch(const EtcdKeys& keys, std::int64_t from, const Tell& tell,
                        std::stop_token stop,
                        std::chrono::milliseconds limit = std::chrono::milliseconds{0});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace metaset::group
