// Verification: what is kept for pages says what manifests and metasets say (store/outlines.h,
// store/added_sizes.h).
#include <algorithm>
#include <exception>
#include <optional>

#include "metaset/base/file.h"
#include "metaset/store/layout.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

// nullopt if it is not in the repository, or damaged, which was told before.
std::optional<std::string> text_of_manifest(const store::View& view, const Sha256& digest) {
  try {
    const auto manifest = view.manifest(digest);
    return manifest ? std::optional(manifest->text()) : std::nullopt;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::optional<store::MetasetRecord> whole_record(std::string_view bytes) {
  try {
    return store::MetasetRecord::decode(bytes);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void verify_outlines(VerifyContext& context) {
  const store::View view = context.latest_view();
  for (const std::string& name :
       list_directory(store::outline_directory(context.repository.root()))) {
    const auto digest = sha256_from_hex(name);
    const auto text = digest ? text_of_manifest(view, *digest) : std::nullopt;
    if (!text) continue;  // nobody looks for it
    ++context.report.catalog_files;
    context.guard(DamageKind::kCatalog, "catalog/outline/" + name,
                  [&] { context.repository.outlines().check(*digest, *text); });
  }
}

void verify_size_notes(VerifyContext& context) {
  const auto names = list_directory(store::size_directory(context.repository.root()));
  if (names.empty()) return;
  // Not by their numbers: a damaged key may have any.
  lmdb::Cursor cursor(context.txn, context.table(store::kMetasets));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const auto record = whole_record(cursor.value());
    const std::string name = record ? to_hex(record->digest) : std::string();
    if (!std::ranges::binary_search(names, name)) continue;
    ++context.report.catalog_files;
    context.guard(DamageKind::kCatalog, "catalog/sizes/" + name,
                  [&] { context.repository.size_notes().check(*record); });
  }
}

}  // namespace

void verify_page_files(VerifyContext& context) {
  verify_outlines(context);
  verify_size_notes(context);
}

}  // namespace metaset::depot
