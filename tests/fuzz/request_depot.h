// A small repository in a temporary directory, and the real dispatcher over it, as metaset-serve
// makes it. Made once per process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>

#include "metaset/base/file.h"
#include "metaset/base/log.h"
#include "metaset/depot/properties.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/dispatch.h"
#include "metaset/store/repository.h"

#include "add_package.h"

namespace metaset::fuzz {

class RequestDepot {
 public:
  RequestDepot() {
    store::Repository::create(root_, {"fruit", "example.org"}, depot::default_config("fruit"),
                              {"fuzz", "made", Time{1'700'000'000'000'000}, true});
    publish();
    dispatcher_ = std::make_unique<http::Dispatcher>(
        http::routes(), http::page_route(), http::Role::kRetrieve,
        std::make_unique<http::DepotState>(std::make_shared<http::DepotService>()), log_);
  }
  const std::string& root() const { return root_; }
  void handle(http::Gateway& gateway) { dispatcher_->handle(gateway); }

 private:
  // Two versions, a rename and a payload, so that every handler finds something.
  void publish() {
    store::Repository repository(root_, store::Access::kWrite);
    const store::PayloadFacts payload = repository.payloads().put_content("an apple a day\n");
    add_package(
        repository, "pkg://fruit/apple@1.0,5.11-1:20240501T100000Z",
        "file " + payload.name + " path=apple owner=root group=bin mode=0444 pkg.size=15\n");
    add_package(repository, "pkg://fruit/apple@2.0,5.11-1:20240601T100000Z",
                "set name=pkg.summary value=\"An apple\"\nlicense " + payload.name +
                    " license=MIT\n" + "depend fmri=pkg:/pie@1 type=require\n");
    add_package(repository, "pkg://fruit/lib/pome@1,5.11:20240501T100000Z",
                "set name=pkg.renamed value=true\ndepend fmri=apple type=require\n");
    add_package(repository, "pkg://example.org/web@1.0,5.11:20240501T100000Z", "");
    repository.payloads().assign(payload.name, "fruit");
  }

  TemporaryDirectory directory_;
  std::string root_ = directory_.path() + "/repo";
  Fd null_ = open_file("/dev/null", O_WRONLY);
  Logger log_{null_.get(), "fuzz"};
  std::unique_ptr<http::Dispatcher> dispatcher_;
};

}  // namespace metaset::fuzz
