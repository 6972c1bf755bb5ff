#include "metaset/base/gzip.h"

#include <functional>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/hash.h"

#include "has_code.h"

namespace metaset {
namespace {

std::string unhex(std::string_view hex) { return from_hex(hex).value(); }

// Written by the clients' Python code with zlib 1.2.13.
const std::string& hello_member() {
  static const std::string member =
      unhex("1f8b08000000000002ffcb48cdc9c95728cf2fca49010085114a0d0b000000");
  return member;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "line " + std::to_string(i) + " of " + std::to_string(i * i % 977) + "\n";
  }
  return text;
}

std::string stream_gzip(const std::vector<std::string>& pieces, int level) {
  GzipStream stream(level);
  std::string out;
  for (const std::string& piece : pieces) stream.write(piece, out);
  stream.finish(out);
  return out;
}

void cut(const std::string& text, std::size_t size, const std::function<void(std::string)>& take) {
  for (std::size_t at = 0; at < text.size(); at += size) take(text.substr(at, size));
}

constexpr std::uint64_t kMuch = 1 << 30;

BOOST_AUTO_TEST_SUITE(gzip_members)

BOOST_AUTO_TEST_CASE(members_are_those_of_the_stock_clients) {
  BOOST_TEST(gzip("hello world", kPayloadLevel) == hello_member());
  BOOST_TEST(gzip("", kPayloadLevel) == unhex("1f8b08000000000002ff03000000000000000000"));
  const std::string text = long_text();
  BOOST_TEST(to_hex(sha1_of(text)) == "2305b0b7d47ba9462f6855ea598b9fab498d6eb9");
  BOOST_TEST(to_hex(sha1_of(gzip(text, kPayloadLevel))) ==
             "d59aabe89c68c0dab4e005d9e13ec74544881284");
}

BOOST_AUTO_TEST_CASE(the_repository_form_is_recognised_by_its_header) {
  BOOST_TEST(is_pkg_gzip(hello_member()));
  BOOST_TEST(is_pkg_gzip(kPkgGzipHeader));
  BOOST_TEST(!is_pkg_gzip(kPkgGzipHeader.substr(0, 9)));
  std::string other = hello_member();
  other[9] = 3;
  BOOST_TEST(!is_pkg_gzip(other));
  BOOST_TEST(!is_pkg_gzip(""));
}

BOOST_AUTO_TEST_CASE(round_trip) {
  BOOST_CHECK(rc::check("gunzip(gzip(x)) == x", [](const std::string& bytes) {
    const int level = *rc::gen::inRange(0, 10);
    RC_ASSERT(gunzip(gzip(bytes, level), bytes.size()) == bytes);
  }));
  const std::string zeros(10'000'000, '\0');
  BOOST_TEST((gunzip(gzip(zeros, kMetadataLevel), kMuch) == zeros));
}

// Small texts have other codes than large ones, and both are read by everyone.
BOOST_AUTO_TEST_CASE(metadata_of_any_size_comes_back) {
  const std::string text = long_text();
  for (const std::size_t size : {0U, 1U, 2000U, 4095U, 4096U, 4097U, 60'000U}) {
    const std::string_view part = std::string_view(text).substr(0, size);
    const std::string member = gzip_metadata(part);
    BOOST_TEST(is_pkg_gzip(member));
    BOOST_TEST((gunzip(member, size) == part));
    BOOST_TEST((gunzip(member + "ignored", size) == part));
    GunzipStream stream;
    std::string out;
    stream.write(member, out);
    BOOST_TEST((stream.done() && out == part));
  }
  const std::string_view small = std::string_view(text).substr(0, 2000);
  // Bits 1 and 2 of the first byte: the codes are the fixed ones.
  BOOST_TEST((gzip_metadata(small)[kPkgGzipHeader.size()] >> 1 & 3) == 1);
  BOOST_TEST((gzip_metadata(text) == gzip(text, kMetadataLevel)));
}

BOOST_AUTO_TEST_CASE(streams_give_the_same_bytes_as_the_functions) {
  BOOST_CHECK(rc::check("pieces", [](const std::vector<std::string>& pieces) {
    std::string whole;
    for (const std::string& piece : pieces) whole += piece;
    RC_ASSERT(stream_gzip(pieces, kPayloadLevel) == gzip(whole, kPayloadLevel));
  }));
  std::string text = long_text();
  for (int i = 0; i < 2; ++i) text += text;
  const std::string member = gzip(text, kPayloadLevel);
  for (const std::size_t size : {1U, 37U, 8192U, 65536U, 5'000'000U}) {
    std::vector<std::string> pieces;
    cut(text, size, [&](std::string piece) { pieces.push_back(std::move(piece)); });
    BOOST_TEST((stream_gzip(pieces, kPayloadLevel) == member));
  }
}

BOOST_AUTO_TEST_CASE(gunzip_stream_takes_pieces_of_any_size) {
  const std::string text = long_text();
  const std::string member = gzip(text, kPayloadLevel) + "ignored";
  for (const std::size_t size : {1U, 7U, 1000U, 1'000'000U}) {
    GunzipStream stream;
    std::string out;
    BOOST_TEST(!stream.done());
    cut(member, size, [&](const std::string& piece) { stream.write(piece, out); });
    BOOST_TEST(stream.done());
    BOOST_TEST((out == text));
  }
}

BOOST_AUTO_TEST_CASE(gunzip_stream_is_done_only_after_the_trailer) {
  GunzipStream stream;
  std::string out;
  stream.write(hello_member().substr(0, hello_member().size() - 1), out);
  BOOST_TEST(out == "hello world");
  BOOST_TEST(!stream.done());
  GunzipStream moved(std::move(stream));
  moved.write(hello_member().substr(hello_member().size() - 1), out);
  BOOST_TEST(moved.done());
  BOOST_TEST(out == "hello world");
}

BOOST_AUTO_TEST_CASE(headers_of_other_programs_are_read) {
  // With a file name, as gzip(1) writes it.
  const std::string named = unhex("1f8b080800000000000361626300") + hello_member().substr(10);
  BOOST_TEST(gunzip(named, kMuch) == "hello world");
}

BOOST_AUTO_TEST_CASE(only_the_first_member_counts) {
  BOOST_TEST(gunzip(hello_member() + hello_member(), kMuch) == "hello world");
  BOOST_TEST(gunzip(hello_member() + std::string(100, '\xff'), kMuch) == "hello world");
}

BOOST_AUTO_TEST_CASE(the_limit_is_exact) {
  BOOST_TEST(gunzip(hello_member(), 11) == "hello world");
  BOOST_CHECK_EXCEPTION(gunzip(hello_member(), 10), Error, has_code(Code::kLimit));
  BOOST_CHECK_EXCEPTION(gunzip(hello_member(), 0), Error, has_code(Code::kLimit));
  BOOST_TEST(gunzip(gzip("", 9), 0).empty());
  BOOST_TEST(gunzip(hello_member(), std::numeric_limits<std::uint64_t>::max()) == "hello world");
  const std::string bomb = gzip(std::string(20'000'000, '\0'), 9);
  BOOST_CHECK_EXCEPTION(gunzip(bomb, 1'000'000), Error, has_code(Code::kLimit));
}

// However the room for the output grows, it stays within the limit.
BOOST_AUTO_TEST_CASE(the_limit_holds_when_the_trailer_promises_little) {
  std::string liar = gzip(std::string(100'000, 'x'), 9);
  liar.replace(liar.size() - 4, 4, 4, '\0');
  for (const std::uint64_t limit :
       {0, 1, 255, 256, 257, 1000, 16384, 28672, 32767, 32768, 32769, 40000, 65536, 99000}) {
    BOOST_CHECK_EXCEPTION(gunzip(liar, limit), Error, has_code(Code::kLimit));
  }
  BOOST_CHECK_EXCEPTION(gunzip(liar, 100'000), Error, has_code(Code::kCorrupt));
}

BOOST_AUTO_TEST_CASE(the_size_in_the_trailer_is_not_believed) {
  std::string liar = hello_member();
  liar.back() = '\xff';
  BOOST_CHECK_EXCEPTION(gunzip(liar, kMuch), Error, has_code(Code::kCorrupt));
  // Trailing bytes that read like a small or a huge size.
  const std::string text = long_text();
  const std::string member = gzip(text, 9);
  BOOST_TEST((gunzip(member + std::string(4, '\0'), kMuch) == text));
  BOOST_TEST((gunzip(member + std::string(4, '\xff'), kMuch) == text));
}

BOOST_AUTO_TEST_CASE(every_damage_is_noticed) {
  const std::string& member = hello_member();
  for (std::size_t size = 0; size < member.size(); ++size) {
    BOOST_CHECK_EXCEPTION(gunzip(member.substr(0, size), kMuch), Error, has_code(Code::kCorrupt));
  }
  // All bits but the six that fill up the last byte of the compressed data.
  const std::size_t padding = 8 * (member.size() - 8) - 6;
  for (std::size_t bit = 80; bit < 8 * member.size(); ++bit) {
    if (bit >= padding && bit < padding + 6) continue;
    std::string damaged = member;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    BOOST_CHECK_EXCEPTION(gunzip(damaged, kMuch), Error, has_code(Code::kCorrupt));
  }
  BOOST_CHECK_EXCEPTION(gunzip("plain text", kMuch), Error, has_code(Code::kCorrupt));
  GunzipStream stream;
  std::string out;
  BOOST_CHECK_EXCEPTION(stream.write("plain text", out), Error, has_code(Code::kCorrupt));
}

BOOST_AUTO_TEST_CASE(any_bytes_are_refused_or_read_within_the_limit) {
  BOOST_CHECK(rc::check("random data after a good header", [](const std::string& bytes) {
    try {
      RC_ASSERT(gunzip(std::string(kPkgGzipHeader) + bytes, 5000).size() <= 5000U);
    } catch (const Error& error) {
      RC_ASSERT(error.code() == Code::kCorrupt || error.code() == Code::kLimit);
    }
  }));
}

BOOST_AUTO_TEST_CASE(misuse_is_a_bug) {
  BOOST_CHECK_EXCEPTION(gzip("x", 17), Error, has_code(Code::kInternal));
  GzipStream stream(9);
  std::string out;
  stream.finish(out);
  BOOST_CHECK_EXCEPTION(stream.write("x", out), Error, has_code(Code::kInternal));
  BOOST_CHECK_EXCEPTION(stream.finish(out), Error, has_code(Code::kInternal));
  BOOST_TEST(out == gzip("", 9));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
