// What a repository offers to replicas: which metasets, and what is said of them (api/1/transfer).
//
//   {"active": NUMBER, "last": NUMBER, "digest": HEX,       ; the last metaset that is offered
//    "after": {"metaset": NUMBER, "digest": HEX} | null,    ; the one that was asked about
//    "collected": [[first, last], ...],                     ; that can be seen no more
//    "tags": [{"name": TEXT, "metaset": NUMBER}],
//    "statements": [TEXT]}                                  ; about `after` and later ones
//
// Thread-safety: as the transaction; the parser is re-entrant. Errors: kInvalid for a text that is
// no offer, kCorrupt.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/depot/incoming_metasets.h"
#include "metaset/store/collected.h"
#include "metaset/store/statement.h"

namespace metaset::depot {

inline constexpr std::uint64_t kMaxTransferOffer = 64 << 20;  // bytes of the text

struct TransferOffer {
  store::MetasetNumber active = 0, last = 0;
  Sha256 digest{};  // of the last one
  struct Known {
    store::MetasetNumber number = 0;
    Sha256 digest{};
  };
  std::optional<Known> after;
  store::CollectedMetasets collected;
  std::vector<MetasetTag> tags;
  std::vector<store::Statement> statements;
};

// Up to `last`, which exists. `after`: what the replica has already, 0: nothing.
TransferOffer transfer_offer(const lmdb::Env& env, const lmdb::Txn& txn, store::MetasetNumber last,
                             store::MetasetNumber after);
rapidjson::Document transfer_offer_json(const TransferOffer& offer);
// Nothing in it refers to a metaset beyond the last one, which is not collected.
TransferOffer parse_transfer_offer(std::string_view text);

}  // namespace metaset::depot
