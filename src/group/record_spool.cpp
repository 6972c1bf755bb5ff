#include "group/record_spool.h"

#include <fcntl.h>

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"
#include "metaset/store/metaset_transfer.h"

namespace metaset::group {

namespace {

constexpr std::string_view kSpool = "the file for records of metasets";

// Its name is gone when it returns.
Fd unnamed_file(const std::string& directory) {
  const AtomicFile file(directory, {});
  return open_file(file.temporary_path(), O_RDWR);
}

}  // namespace

RecordSpool::RecordSpool(const std::string& directory) : fd_(unnamed_file(directory)) {}

void RecordSpool::add(std::string_view record) {
  const std::string packed = gzip(record, 1);
  const std::uint64_t offset = places_.empty() ? 0 : places_.back().offset + places_.back().size;
  write_all(fd_.get(), packed, kSpool);
  places_.push_back({offset, packed.size()});
}

std::string RecordSpool::read(std::size_t index) const {
  const Place& place = places_.at(index);
  std::string packed(static_cast<std::size_t>(place.size), '\0');
  if (read_at(fd_.get(), packed.data(), packed.size(), place.offset, kSpool) < packed.size()) {
    throw Error(Code::kCorrupt, std::string(kSpool) + " was cut short");
  }
  return gunzip(packed, store::kMaxTransferRecord);
}

}  // namespace metaset::group
