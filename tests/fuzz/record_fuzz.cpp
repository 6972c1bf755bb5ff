// Database records: whatever bytes the file has, decoding ends in a record or in an Error, and what
// a record encodes to is decoded as the same record. The first byte chooses the kind.
#include <iterator>
#include <string>

#include "metaset/store/active.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/schema.h"

#include "fuzz.h"

namespace {

template <typename Record>
void check(std::string_view bytes) {
  metaset::fuzz::accepts([&] {
    const std::string encoded = Record::decode(bytes).encode();
    metaset::fuzz::require(Record::decode(encoded).encode() == encoded);
    metaset::fuzz::require(encoded.size() <= bytes.size());
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace metaset::store;
  if (size == 0) return 0;
  const std::string_view bytes = metaset::fuzz::text_of(data + 1, size - 1);
  metaset::fuzz::accepts([&] { PackageEntry::visible(bytes, 7); });
  metaset::fuzz::accepts([&] {
    const StoredManifest manifest = decode_manifest(bytes);
    metaset::fuzz::require(manifest.beginning(10).size() <= 10);
    metaset::fuzz::require(manifest.text().size() == manifest.size);
  });
  constexpr void (*kChecks[])(std::string_view) = {
      check<MetasetRecord>,     check<PublisherRecord>, check<PublisherState>,
      check<PackageEntry>,      check<OperationRecord>, check<LogRecord>,
      check<CatalogFileRecord>, check<AreaMark>,        check<AreaRecord>,
      check<ChangeRecord>,      check<TagRecord>,       check<SearchChainRecord>,
      check<TokenRecord>,       check<GrantRecord>,     check<AuditRecord>,
      check<ActiveRecord>,
  };
  kChecks[data[0] % std::size(kChecks)](bytes);
  return 0;
}
