// Verification: recorded digests of catalog files are those of the files as rendered now.
#include "metaset/store/catalog_render.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

std::string name_of(const store::CatalogFileName& file) {
  return file.name + " of " + file.publisher.prefix;
}

class Catalogs {
 public:
  explicit Catalogs(VerifyContext& context) : context_(context), view_(context.latest_view()) {}

  void publisher(VerifiedPublisher& publisher) {
    if (publisher.damaged) return;  // its files can only differ
    std::vector<store::CatalogFileName> files;
    try {
      files = store::list_catalog_files(view_, {publisher.id, publisher.prefix},
                                        view_.state(publisher.id));
    } catch (const std::exception& error) {
      context_.damage(publisher, DamageKind::kCatalog, "catalog of " + publisher.prefix,
                      reason_of(error));
      return;
    }
    for (const store::CatalogFileName& one : files) {
      context_.guard(DamageKind::kCatalog, name_of(one), [&] { file(one); });
    }
  }
  const std::map<std::string, std::string>& names() const { return names_; }

 private:
  void file(const store::CatalogFileName& file) {
    ++context_.report.catalog_files;
    const ips::FileDigest rendered =
        store::render_catalog_file(view_, file, [](std::string_view) {});
    names_[to_hex(rendered.sha1)] = name_of(file);
    const auto value = context_.txn.get(context_.table(store::kCatalogFiles), file.key());
    if (!value) return;  // not known yet: digests are recorded after the commit
    const auto recorded = store::CatalogFileRecord::decode(*value);
    names_[to_hex(recorded.sha1)] = name_of(file);
    if (recorded.sha1 != rendered.sha1 || recorded.size != rendered.size) {
      throw Error(Code::kCorrupt, "its recorded digest is " + to_hex(recorded.sha1) + " of " +
                                      std::to_string(recorded.size) +
                                      " bytes, the database gives " + to_hex(rendered.sha1) +
                                      " of " + std::to_string(rendered.size));
    }
  }

  VerifyContext& context_;
  store::View view_;
  std::map<std::string, std::string> names_;  // by digest
};

}  // namespace

void verify_catalogs(VerifyContext& context) {
  ProgressPhase phase(context.callback, "catalogs", context.publishers.size() + 1);
  Catalogs catalogs(context);
  for (VerifiedPublisher& publisher : context.publishers) {
    catalogs.publisher(publisher);
    phase.step();
  }
  verify_catalog_directory(context, catalogs.names());
  verify_page_files(context);
  phase.step();
}

}  // namespace metaset::depot
