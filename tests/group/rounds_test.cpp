#include "metaset/group/rounds.h"

#include <boost/test/unit_test.hpp>

namespace metaset::group {
namespace {

BOOST_AUTO_TEST_CASE(each_loop_goes_round_before_all_have) {
  Rounds rounds;
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(!rounds.all_went_round());
    rounds.went_round(Rounds::Loop::kDatagrams);
    rounds.went_round(Rounds::Loop::kGroup);
    rounds.went_round(Rounds::Loop::kGroup);
    BOOST_TEST(!rounds.all_went_round());
    rounds.went_round(Rounds::Loop::kHeartbeats);
    BOOST_TEST(rounds.all_went_round());
  }
}

}  // namespace
}  // namespace metaset::group
