// What another repository says of itself, over the network or in a bundle: offers of metasets, and
// the texts of a bundle. What is accepted is written in one form, which is read as the same.
#include <string>

#include "metaset/base/json.h"
#include "metaset/depot/transfer_offer.h"

#include "depot/bundle_format.h"
#include "fuzz.h"

namespace {

using namespace metaset::depot;
using metaset::fuzz::accepts;
using metaset::fuzz::require;

std::string written(const TransferOffer& offer) {
  return metaset::pretty_json(transfer_offer_json(offer), true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  accepts([&] {
    const TransferOffer offer = parse_transfer_offer(text);
    require(offer.last > 0 && offer.active <= offer.last);
    const std::string once = written(offer);
    require(written(parse_transfer_offer(once)) == once);
  });
  accepts([&] { require(BundleMember::of_path(text).path() == text); });
  accepts([&] { require(BundleHeader::parse(text).text() == text); });
  accepts([&] { require(tags_text(parse_tags(text)) == text); });
  accepts([&] { require(collected_text(parse_collected(text)) == text); });
  return 0;
}
