// Reads transfer records (metaset_transfer.h) and checks the form of all that they hold: what gets
// through can become rows, though whether it is true is another question. Private to the store.
#pragma once

#include <string_view>

#include "metaset/store/schema.h"

namespace metaset::store {

inline constexpr std::string_view kTransferFormat = "metaset transfer 1";

// Called in the order of the record, each for what was checked.
class TransferHandler {
 public:
  virtual ~TransferHandler() = default;
  virtual void metaset(const MetasetRecord&) {}
  virtual void text(std::string_view) {}
  virtual void publisher(PublisherId, std::string_view /*prefix*/, bool /*is_new*/) {}
  virtual void config(PublisherId /*scope*/, std::string_view) {}
  // `row` is the one that it made, if any.
  virtual void operation(const OperationRecord&, const PackageEntry* /*row*/) {}
  virtual void state(const PublisherState&) {}
};

// The metaset as announced. kInvalid.
MetasetRecord read_transfer(std::string_view bytes, TransferHandler& handler);

}  // namespace metaset::store
