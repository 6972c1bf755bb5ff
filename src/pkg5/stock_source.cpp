#include "metaset/pkg5/stock_source.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/pkg5/repository.h"

namespace metaset::pkg5 {

namespace {

class StockSource : public store::ContentSource {
 public:
  explicit StockSource(const std::string& root) : repository_(root) {}

  const std::string& name() const override { return repository_.root(); }

  bool manifest(const store::WantedManifest& wanted, const store::ManifestTaker& take) override {
    const auto& publishers = repository_.publishers();
    if (std::find(publishers.begin(), publishers.end(), wanted.publisher) == publishers.end()) {
      return false;
    }
    auto text = repository_.manifest(wanted.publisher, wanted.name, wanted.version);
    return text && take(*std::move(text));
  }

  bool payload(const store::WantedPayload& wanted, store::PayloadTaker& taker) override {
    // All stores are looked at, whoever is asked for first.
    const std::string publisher = wanted.publishers.empty() ? "" : *wanted.publishers.begin();
    return repository_.find_payload(publisher, wanted.name, [&](const std::string& path) {
      return store::offer_payload_file(path, taker);
    });
  }

 private:
  StockRepository repository_;
};

}  // namespace

std::unique_ptr<store::ContentSource> stock_source(const std::string& root) {
  return std::make_unique<StockSource>(root);
}

}  // namespace metaset::pkg5
