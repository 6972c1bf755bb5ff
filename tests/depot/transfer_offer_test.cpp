// What a repository offers to replicas, as a text.
#include "metaset/depot/transfer_offer.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "metaset/store/tags.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

std::string text_of(const TransferOffer& offer) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  transfer_offer_json(offer).Accept(writer);
  return buffer.GetString();
}

struct OfferFixture : TestDepot {
  OfferFixture() {
    for (const char* name : {"a", "b", "c", "d"}) {
      publish({manifest_of("pkg://fruit/" + std::string(name) + "@1.0,5.11-1:20240101T000000Z")});
    }
    session.end();
    store::set_tag(session.store(), "early", 2, "tester", false);
    store::set_tag(session.store(), "late", 5, "tester", false);
    lmdb::Env& env = session.store().committed();
    lmdb::WriteTxn txn(env);
    store::CollectedMetasets collected;
    collected.add(1, 1);
    collected.add(3, 4);
    collected.save(env, txn);
    txn.commit();
    session.begin();
  }
  TransferOffer offer(store::MetasetNumber last, store::MetasetNumber after) const {
    return transfer_offer(view().env(), view().txn(), last, after);
  }
};

BOOST_FIXTURE_TEST_SUITE(offers_to_replicas, OfferFixture)

BOOST_AUTO_TEST_CASE(nothing_beyond_the_last_one_is_told) {
  const TransferOffer all = parse_transfer_offer(text_of(offer(5, 2)));
  BOOST_TEST(all.active == 5u);
  BOOST_TEST(all.last == 5u);
  BOOST_TEST((all.digest == view().at(5).record().digest));
  BOOST_REQUIRE(all.after.has_value());
  BOOST_TEST(all.after->number == 2u);
  BOOST_TEST((all.after->digest == view().at(2).record().digest));
  BOOST_TEST(all.collected.count() == 3u);
  BOOST_TEST(all.tags.size() == 2u);
  const TransferOffer some = parse_transfer_offer(text_of(offer(4, 5)));
  BOOST_TEST(some.active == 4u);
  BOOST_TEST(!some.after.has_value());
  BOOST_TEST(some.collected.count() == 2u);  // never the last one
  BOOST_REQUIRE(some.tags.size() == 1u);
  BOOST_TEST(some.tags[0].name == "early");
}

BOOST_AUTO_TEST_CASE(other_texts_are_refused) {
  const std::string good = text_of(offer(5, 2));
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"\"active\":5", "\"active\":6"},
      {"\"last\":5", "\"last\":0"},
      {"\"last\":5", "\"last\":4"},
      {"\"last\":5", "\"last\":-5"},
      {"\"last\":5", "\"lost\":5"},
      {"\"digest\":\"", "\"digest\":\"x"},
      {"[[1,1],[3,4]]", "[[1,1],[3,5]]"},
      {"[[1,1],[3,4]]", "[[3,4],[1,1]]"},
      {"[[1,1],[3,4]]", "[[0,1]]"},
      {"[[1,1],[3,4]]", "[[4,3]]"},
      {"[[1,1],[3,4]]", "[[1]]"},
      {"[[1,1],[3,4]]", "7"},
      {"\"early\"", "\"a b\""},
      {"\"early\"", "7"},
      {"\"metaset\":2}]", "\"metaset\":0}]"},
      {"\"statements\":[]", "\"statements\":[\"x\"]"},
      {"\"statements\":[]", "\"statements\":{}"},
  };
  parse_transfer_offer(good);
  for (const auto& [from, to] : changes) {
    std::string bad = good;
    const std::size_t place = bad.find(from);
    if (place == std::string::npos) continue;
    bad.replace(place, from.size(), to);
    BOOST_TEST_CONTEXT(to) {
      BOOST_TEST(fails(Code::kInvalid, "", [&] { parse_transfer_offer(bad); }));
    }
  }
  for (const char* bad : {"", "[]", "7", "{}", "null", "<html>"}) {
    BOOST_TEST(fails(Code::kInvalid, "", [&] { parse_transfer_offer(bad); }));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
