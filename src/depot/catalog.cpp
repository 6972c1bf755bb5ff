#include "metaset/depot/catalog.h"

#include "metaset/base/clock.h"
#include "metaset/base/error.h"

namespace metaset::depot {

namespace {
constexpr std::size_t kPiece = 32 << 10;  // bytes
}

CatalogAnswer find_catalog_file(const store::View& view, store::CatalogFiles& files,
                                const PublisherFacts& publisher, std::string_view name) {
  if (name == "catalog.attrs") return {files.attrs(view, publisher.publisher), {}};
  if (ips::is_catalog_file_name(name)) {
    const auto file = store::find_catalog_file(view, publisher.publisher, publisher.state, name);
    if (file) return {nullptr, files.get(view, *file)};
  }
  throw Error(Code::kNotFound, "No such file '" + std::string(name) + "'.");
}

void write_catalog_0(const store::View& view, const PublisherFacts& publisher,
                     const ips::Sink& sink) {
  std::string piece;
  piece.reserve(kPiece + 1024);
  piece.append("S Last-Modified: ").append(iso_timestamp(publisher.state.last_modified));
  piece.append("\nS prefix: CRSV\nS npkgs: ");
  piece.append(std::to_string(publisher.state.package_versions)).append("\n");
  view.for_each(publisher.publisher.id,
                [&](std::string_view name, const store::PackageEntry& entry) {
                  piece.append("V pkg:/").append(name).append("@").append(entry.version) += '\n';
                  if (piece.size() >= kPiece) {
                    sink(piece);
                    piece.clear();
                  }
                  return true;
                });
  sink(piece);
}

const PublisherFacts& publisher_for_catalog_0(const Publishers& publishers,
                                              std::string_view prefix) {
  if (prefix.empty() && publishers.default_publisher() == nullptr) {
    throw Error(Code::kInvalid, "Operation not supported for this configuration.");
  }
  return publishers.named_or_default(prefix);
}

}  // namespace metaset::depot
