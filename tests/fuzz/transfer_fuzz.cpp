// Transfer records: whatever bytes come from another repository, they are a record or an Error, and
// what a record announces can be written down.
#include <string>

#include "metaset/store/metaset_transfer.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace metaset::store;
  metaset::fuzz::accepts([&] {
    std::uint64_t operations = 0;
    const auto announced = check_transfer(
        metaset::fuzz::text_of(data, size),
        [&](std::string_view publisher, const OperationRecord& operation, const PackageEntry* row) {
          metaset::fuzz::require(!publisher.empty() && !operation.name.empty());
          metaset::fuzz::require(row != nullptr || !operation.add);
          ++operations;
        });
    metaset::fuzz::require(announced.number > 0 && operations <= size);
    metaset::fuzz::require(MetasetRecord::decode(announced.encode()).encode() ==
                           announced.encode());
  });
  return 0;
}
