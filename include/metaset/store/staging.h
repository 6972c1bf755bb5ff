// Staging areas: named sets of changes on the way to the next metaset (design: REPO/staging).
//
// An area appears with its first change and goes when it is abandoned or emptied by a commit. Every
// call is one durable transaction: what it acknowledged survives a crash. Changes to one FMRI are
// merged: adding and removing it again leaves nothing.
// Thread-safety: any thread and process; LMDB serialises the writers.
// Errors: kInvalid for an illegal area name, kExists for an FMRI that the area adds already,
// kNotFound for an area that does not exist, kLimit for more than kMaxChanges.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/error.h"
#include "metaset/ips/fmri.h"
#include "metaset/lmdb/lmdb.h"
#include "metaset/store/schema.h"

namespace metaset::store {

inline constexpr std::string_view kDefaultArea = "default";
inline constexpr std::uint64_t kMaxChanges = 10'000'000;  // per area

struct StagedChange {
  std::uint64_t sequence = 0;
  ChangeRecord record;
  ips::Fmri fmri() const;
};
struct Area {
  std::string name;
  AreaRecord record;
};

class Staging {
 public:
  explicit Staging(lmdb::Env& env) : env_(env) {}

  // Letters, digits, '.', '_', '-'; starts with a letter or digit; at most 64 bytes.
  static bool is_area_name(std::string_view name);

  struct Origin {  // who stages, on top of what; kept when the area is new
    std::string who;
    MetasetNumber base = 0;
  };
  // Adds a package version, or replaces the manifest of one that is there (kReplace).
  void put(std::string_view area, const Origin& origin, ChangeKind kind, const ips::Fmri& fmri,
           std::string_view manifest);
  void remove(std::string_view area, const Origin& origin, const ips::Fmri& fmri);
  // Many at once in one durable transaction. The result has one entry for each: the error that kept
  // it out, or nullopt. What concerns all of them (no space) is thrown, and then none is in.
  struct Put {
    std::string area;
    Origin origin;
    ChangeKind kind = ChangeKind::kAdd;
    ips::Fmri fmri;
    std::string_view manifest;
  };
  using Results = std::vector<std::optional<Error>>;
  // `also` runs in the same transaction, when the results are known.
  Results put_all(std::span<const Put> puts,
                  const std::function<void(lmdb::WriteTxn&, const Results&)>& also = {});

  std::vector<Area> areas() const;
  std::optional<Area> area(std::string_view name) const;
  std::vector<StagedChange> changes(const AreaId& area) const;
  std::optional<StagedChange> change(const AreaId& area, const ips::Fmri& fmri) const;
  // Whether any change of the area concerns the publisher.
  bool has_publisher(const AreaId& area, std::string_view prefix) const;
  std::string manifest(const Sha256& digest) const;

  // False if there was no such area.
  bool abandon(std::string_view name);
  // Forgets the changes below `end`: they are in a metaset now. Repeatable.
  void clear(const AreaId& area, std::uint64_t end);

 private:
  void stage(lmdb::WriteTxn& txn, std::string_view area, const Origin& origin, ChangeRecord change,
             std::string_view manifest);
  lmdb::Env& env_;
};

}  // namespace metaset::store
