// The web pages: functions from a view of a metaset to HTML. No HTTP in here.
//
// Each page is a function of the site, its arguments and nothing else, so that it can be
// revalidated by a digest of those; of a package also of payloads (package_payloads). Whatever
// comes from packages is escaped.
// Thread-safety: as the site's templates and view. Errors: kNotFound for what the view does not
// have, kInvalid for arguments that break a rule, kCorrupt.
#pragma once

#include <cstddef>
#include <string>

#include "metaset/depot/browse.h"
#include "metaset/depot/search.h"
#include "metaset/web/site.h"

namespace metaset::web {

// Publishers, counts, what changed last, how to point a client at the depot; of one publisher below
// its name.
std::string home_page(const Site& site);

// Packages by the tree of their names, by classification or by a filter, some on each page.
// The query's publishers are those of the site, and the page says which part it is.
std::string packages_page(const Site& site, depot::BrowseQuery query, std::size_t page = 1);
// All classifications with the number of their packages.
std::string classes_page(const Site& site);

inline constexpr std::size_t kFoundOnPage = 50;
// What a search finds: packages, or actions with the part that was found marked. A query that
// cannot be answered is a page too, which says why.
struct FindQuery {
  std::string text = {};  // as pkg(1) search takes it; empty: only the form and its help
  bool actions = false, case_sensitive = false;
  std::size_t first = 0, limit = kFoundOnPage;
};
struct FindPage {
  std::string html;
  bool bad_query = false, too_long = false;
};
// kUnavailable if there is no index.
FindPage find_page(const Site& site, const FindQuery& query, const depot::SearchLimits& limits);

// One version of a package, in parts: what it is, its files, its licences, its manifest.
enum class PackagePart { kOverview, kFiles, kLicences, kManifest };
struct PackageArguments {
  std::string fmri;  // NAME, NAME@VERSION; the version may be a partial one
  PackagePart part = PackagePart::kOverview;
  std::string under = {};  // kFiles: a directory, "usr/share/"
};
std::string package_page(const Site& site, const PackageArguments& arguments);
// A digest of what the page shows of payloads, texts of licences or names in certificates: they
// come and go without a metaset. Empty if it shows none. Errors: those of the page.
std::string package_payloads(const Site& site, const PackageArguments& arguments);

// The metasets, some on each page, with a drawing of what each of them changed.
struct MetasetsArguments {
  store::MetasetNumber before = 0;  // only older ones; 0: all
};
std::string metasets_page(const Site& site, const MetasetsArguments& arguments);

// One metaset, and what differs from another one.
struct MetasetArguments {
  std::string name;       // a number, a tag or a time
  std::string from = {};  // what it is compared with, as `name`; empty: its parent
  std::size_t page = 1;
};
std::string metaset_page(const Site& site, const MetasetArguments& arguments);

// Atom: an entry for each metaset and for each package that came or went, as far back as there is
// history, the newest some of them.
std::string feed(const Site& site);

}  // namespace metaset::web
