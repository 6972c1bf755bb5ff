// A query of search/1, put to a small repository: what the index finds is what going through all
// manifests finds, whatever is asked.
#include <optional>

#include "metaset/base/file.h"
#include "metaset/depot/properties.h"
#include "metaset/depot/search.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/repository.h"

#include "add_package.h"
#include "depot/naive_search.h"
#include "fuzz.h"

namespace {

using namespace metaset;
using ips::SearchRequest;

constexpr const char* kLibrary =
    "set name=pkg.summary value=\"The GNU library for Compression, STRASSE and stra\xc3\x9f"
    "e\"\n"
    "set name=info.classification value=org.opensolaris.category.2008:System/Libraries\n"
    "file 97bcfbdb30e2a42ea77aba72a4e7d769eba35dbd chash=6b9cc83e3be75eb0d9adc4cea24e6600ab6edae9 "
    "group=bin mode=0444 owner=root path=usr/lib/libz.so.1 pkg.size=15 "
    "pkg.content-hash=file:sha512t_256:"
    "4b0abe52a5f7e0a5a0f3d9a6b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4\n"
    "dir group=sys mode=0755 owner=root path=usr/lib\n"
    "dir group=sys mode=0755 owner=root path=x\n"
    "link path=usr/lib/libz.so target=libz.so.1\n"
    "hardlink path=usr/bin/a[b target=b\n"
    "depend fmri=pkg:/library/z2@1.2 type=require\n"
    "driver name=abc alias=pci1,2 alias=\"pci 3\"\n"
    "license 97bcfbdb30e2a42ea77aba72a4e7d769eba35dbd license=MIT\n";

// Two versions of a name, and a package that has lines in common with them.
class Repository {
 public:
  Repository() {
    store::Repository::create(root_, {"fruit"}, depot::default_config("fruit"),
                              {"fuzz", "made", Time{1'700'000'000'000'000}, true});
    repository_.emplace(root_, store::Access::kWrite);
    metaset::fuzz::add_package(*repository_, "pkg://fruit/library/z@1.0,5.11-1:20240501T100000Z",
                               kLibrary);
    metaset::fuzz::add_package(*repository_, "pkg://fruit/library/z@2.0,5.11-1:20240601T100000Z",
                               std::string(kLibrary) + "set name=more value=\"a b a\" value=c\n");
    metaset::fuzz::add_package(*repository_, "pkg://fruit/web@1.0,5.11:20240501T100000Z",
                               "dir group=sys mode=0755 path=usr/lib\n");
    const lmdb::Env& env = std::as_const(*repository_).committed();
    txn_.emplace(env);
    view_.emplace(env, *txn_, store::View::latest_number(env, *txn_));
    publisher_ = view_->publisher("fruit")->id;
    actions_ = depot::all_actions(*view_, publisher_);
  }

  std::vector<std::string> found(const SearchRequest& request) const {
    std::vector<std::string> lines;
    const bool packages = request.query.gives_packages();
    depot::search(*view_, publisher_, request, {}, [&](const depot::SearchResult& result) {
      fuzz::require(result.package == packages);
      lines.push_back(std::string(result.name) + "@" + std::string(result.version));
      if (packages) return true;
      fuzz::require(!result.value.empty());
      lines.back() += " " + std::string(result.value) + " " + std::string(result.line);
      return true;
    });
    std::ranges::sort(lines);
    return lines;
  }
  std::vector<std::string> expected(const SearchRequest& request) const {
    const depot::NaiveSearch naive(actions_, request.case_sensitive);
    std::vector<std::string> lines;
    if (request.query.gives_packages()) {
      for (const std::string& package : naive.packages(request.query)) lines.push_back(package);
    } else {
      for (const depot::NaiveResult& one : naive.actions(request.query)) {
        lines.push_back(one.at->package + " " + one.value + " " + one.at->line);
      }
    }
    std::ranges::sort(lines);
    return lines;
  }

 private:
  TemporaryDirectory directory_;
  std::string root_ = directory_.path() + "/repo";
  std::optional<store::Repository> repository_;
  std::optional<lmdb::ReadTxn> txn_;
  std::optional<store::View> view_;
  store::PublisherId publisher_ = 0;
  std::vector<depot::SeenAction> actions_;
};

// So that an input does not take long however its operators are nested.
std::size_t leaves(const ips::SearchNode& node) {
  std::size_t count = node.children.empty() ? 1 : 0;
  for (const ips::SearchNode& child : node.children) count += leaves(child);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Repository repository;
  SearchRequest request;
  const std::string_view text = fuzz::text_of(data, size);
  if (!fuzz::accepts([&] { request = SearchRequest::parse(text); })) return 0;
  if (leaves(request.query) > 8 || size > 1000) return 0;
  const auto window = request.limit;
  const std::uint64_t start = request.start;
  request.limit.reset();
  request.start = 0;
  const auto all = repository.found(request);
  fuzz::require(all == repository.expected(request));
  request.limit = window;
  request.start = start;
  const std::uint64_t left = start < all.size() ? all.size() - start : 0;
  fuzz::require(repository.found(request).size() == std::min(left, window.value_or(left)));
  return 0;
}
