#include "store/progress_note.h"

#include <fmt/format.h>

#include "metaset/base/file.h"
#include "metaset/base/hash.h"
#include "metaset/base/quantity.h"
#include "metaset/store/collected.h"

#include "store/shared_directory.h"

namespace metaset::store {
namespace {

constexpr std::uint64_t kMostNote = 100;  // bytes

std::string note_of(const MetasetRecord& record) {
  return fmt::format("{} {}\n", record.number, to_hex(record.digest));
}

}  // namespace

std::string ProgressNote::text() const {
  return read_file_if_exists(path_, kMostNote).value_or(std::string());
}

View ProgressNote::through(const View& view) const {
  const std::string note = text();
  const MetasetNumber number = number_or_zero(note.substr(0, note.find(' ')));
  if (number == 0 || number > view.number()) return view.at(0);
  const auto record = View::record_of(view.env(), view.txn(), number);
  const bool same =
      record && note == note_of(*record) && !is_collected(view.env(), view.txn(), number);
  return view.at(same ? number : 0);
}

void ProgressNote::write(const View& view) const {
  write_shared_file(catalog_, path_, note_of(view.record()));
}

}  // namespace metaset::store
