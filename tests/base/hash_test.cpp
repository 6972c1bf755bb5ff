#include "metaset/base/hash.h"

#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"

namespace metaset {
namespace {

BOOST_AUTO_TEST_SUITE(hash)

BOOST_AUTO_TEST_CASE(known_digests) {
  BOOST_TEST(to_hex(sha1_of("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  BOOST_TEST(to_hex(sha1_of("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  BOOST_TEST(to_hex(sha256_of("abc")) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(to_hex(sha512t256_of("abc")) ==
             "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  BOOST_TEST(to_hex(sha512t256_of("")) ==
             "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a");
}

BOOST_AUTO_TEST_CASE(updates_in_pieces_give_the_digest_of_the_whole) {
  BOOST_CHECK(rc::check("pieces", [](const std::vector<std::string>& pieces) {
    Hasher sha1(HashKind::kSha1);
    Hasher sha256(HashKind::kSha256);
    Hasher sha512t256(HashKind::kSha512t256);
    std::string whole;
    for (const std::string& piece : pieces) {
      whole += piece;
      for (Hasher* hasher : {&sha1, &sha256, &sha512t256}) hasher->update(piece);
    }
    RC_ASSERT(sha1.finish_sha1() == sha1_of(whole));
    RC_ASSERT(sha256.finish_sha256() == sha256_of(whole));
    RC_ASSERT(sha512t256.finish_sha256() == sha512t256_of(whole));
  }));
}

BOOST_AUTO_TEST_CASE(finish_starts_anew) {
  Hasher hasher(HashKind::kSha1);
  hasher.update("something");
  BOOST_TEST(hasher.finish().size() == 20U);
  hasher.update("abc");
  BOOST_TEST(to_hex(hasher.finish()) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  Hasher moved(std::move(hasher));
  moved.update("abc");
  BOOST_TEST(moved.finish() == std::string(bytes_of(sha1_of("abc"))));
  moved = Hasher(HashKind::kSha256);
  BOOST_TEST(moved.finish().size() == 32U);
}

BOOST_AUTO_TEST_CASE(a_digest_of_the_wrong_size_is_a_bug) {
  Hasher sha1(HashKind::kSha1);
  Hasher sha256(HashKind::kSha256);
  BOOST_CHECK_THROW(sha1.finish_sha256(), Error);
  BOOST_CHECK_THROW(sha256.finish_sha1(), Error);
}

BOOST_AUTO_TEST_CASE(threads_do_not_share_contexts) {
  const std::string text(100'000, 'x');
  const Sha1 expected = sha1_of(text);
  std::array<bool, 4> same{};
  {
    std::vector<std::jthread> threads;
    for (bool& result : same) {
      threads.emplace_back([&] {
        result = true;
        for (int i = 0; i < 50; ++i) result = result && sha1_of(text) == expected;
      });
    }
  }
  for (const bool result : same) BOOST_TEST(result);
}

BOOST_AUTO_TEST_CASE(hex_of_bytes_and_back) {
  BOOST_TEST(to_hex(std::string_view("\x00\x9f\xff", 3)) == "009fff");
  BOOST_TEST(from_hex("00AbfF").value() == std::string("\x00\xab\xff", 3));
  BOOST_TEST(from_hex("").value().empty());
  for (const char* bad : {"0", "0g", "g0", "0x00", " 00", "00\n", "/0", ":0", "@0", "`0"}) {
    BOOST_TEST(!from_hex(bad).has_value());
  }
  BOOST_CHECK(rc::check(
      "round trip", [](const std::string& bytes) { RC_ASSERT(from_hex(to_hex(bytes)) == bytes); }));
}

BOOST_AUTO_TEST_CASE(digests_from_hex_have_exactly_their_size) {
  const std::string hex1 = to_hex(sha1_of("abc"));
  const std::string hex256 = to_hex(sha256_of("abc"));
  BOOST_TEST((sha1_from_hex(hex1) == sha1_of("abc")));
  BOOST_TEST((sha256_from_hex(hex256) == sha256_of("abc")));
  BOOST_TEST(!sha1_from_hex(hex256).has_value());
  BOOST_TEST(!sha256_from_hex(hex1).has_value());
  BOOST_TEST(!sha1_from_hex(hex1.substr(1)).has_value());
  BOOST_TEST(!sha1_from_hex(hex1.substr(1) + "x").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
