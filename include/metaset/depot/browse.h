// Looking through the packages of a view: by the tree of their names, by classification, by a glob
// of the name; a page at a time.
//
// Cost: one pass over the rows of the publishers' names below `under`, few of which are decoded.
// Thread-safety: as the view. What is returned does not refer to the transaction.
// Errors: kCorrupt.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/store/view.h"

namespace metaset::depot {

struct BrowseQuery {
  std::vector<store::Publisher> publishers = {};
  std::string under = {};           // names begin with it: "" or "library/"
  std::string classification = {};  // exactly, or what is before a '/'; empty: any
  std::string name = {};            // shell pattern; without * and ? it may be anywhere in the name
  bool all_versions = false;        // false: the newest one of each name
  std::size_t first = 0, limit = 100;
};

struct BrowsedPackage {
  std::string publisher, name;
  store::PackageEntry entry;
  bool newest = true;
  std::size_t versions = 1;  // of the name
};

struct BrowseResult {
  std::vector<BrowsedPackage> packages;  // by publisher, name, the newest version first
  std::size_t total = 0;                 // on all pages
  // What comes behind `under` up to the next '/', with the number of matching names below it.
  std::map<std::string, std::size_t> folders;
};

BrowseResult browse(const store::View& view, const BrowseQuery& query);

// What the catalog says of a package besides its name.
struct CatalogText {
  std::string summary;
  std::vector<std::string> classifications;
};
CatalogText catalog_text(const store::View& view, const store::PackageEntry& entry);

// "Applications/Internet" without the scheme that some packages put before it, "org...:".
std::string_view class_name(std::string_view classification);

// How many names have which classification (their newest versions). Reads every text.
using Classes = std::map<std::string, std::size_t>;
Classes count_classes(const store::View& view, const std::vector<store::Publisher>& publishers);

}  // namespace metaset::depot
