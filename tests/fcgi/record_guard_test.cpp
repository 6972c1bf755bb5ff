// What may come over a connection, and what may not: RecordGuard against the grammar in its header.
#include "fcgi/record_guard.h"

#include <algorithm>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "fcgi_client.h"

namespace metaset::fcgi {
namespace {

using Fault = RecordGuard::Fault;

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

struct Verdict {
  std::size_t taken = 0;
  Fault fault = Fault::kNone;
  bool between = false;
  bool operator==(const Verdict&) const = default;
};

// In pieces of these sizes, again and again.
Verdict judge(std::string_view text, const std::vector<std::size_t>& sizes = {}) {
  RecordGuard guard;
  Verdict verdict;
  for (std::size_t i = 0; !text.empty(); ++i) {
    const auto piece = sizes.empty() ? text : text.substr(0, sizes[i % sizes.size()]);
    verdict.taken += guard.take(bytes_of(piece));
    text.remove_prefix(piece.size());
  }
  verdict.fault = guard.fault();
  verdict.between = guard.between_requests();
  return verdict;
}

Fault fault_of(std::string_view text) { return judge(text).fault; }

std::string long_length(std::size_t size) {
  const auto byte = [&](int shift) { return static_cast<char>(size >> shift & 0xff); };
  return {static_cast<char>(byte(24) | '\x80'), byte(16), byte(8), byte(0)};
}

const std::string kParamsOfOne = name_value("REQUEST_URI", "/bytes/1");
const std::string kValues = record(kGetValues, name_value("FCGI_MAX_CONNS", ""), 0);

// The grammar, read a second time, from bytes that are all there.
class Reference {
 public:
  explicit Reference(std::string_view text) : text_(text) {}
  // False: broken at once, however it would go on. (What is cut off is not.)
  bool in_order() {
    while (!text_.empty() && !ended_) {
      if (text_[0] != 1) return false;
      if (text_.size() < 8) return true;
      const std::size_t length = at(4) * 256 + at(5);
      const auto content = text_.substr(8, length);
      if (!allows(at(1), at(2) * 256 + at(3), length, at(6), content)) return false;
      text_.remove_prefix(std::min(text_.size(), 8 + length + at(6)));
    }
    return true;
  }

 private:
  std::size_t at(std::size_t i) const { return static_cast<unsigned char>(text_[i]); }

  bool allows(std::size_t type, std::size_t id, std::size_t length, std::size_t padding,
              std::string_view content) {
    const bool whole = content.size() == length;
    if (type == 9) {
      return !begun_ && id == 0 && length <= 48 && pairs_are_small(content) &&
             (!whole || pairs_end(content));
    }
    if (type == 1) {
      if (begun_ || id == 0 || length != 8 || padding != 0) return false;
      begun_ = true;
      id_ = id;
      return (content.empty() || content[0] == 0) && (content.size() < 2 || content[1] == 1);
    }
    if (!begun_ || id != id_ || type != (params_ended_ ? 5U : 4U)) return false;
    if (type == 5) {
      ended_ = length == 0;
      return true;
    }
    pairs_ += content;
    params_ended_ = length == 0;
    return params_ended_ ? padding == 0 && pairs_end(pairs_) : pairs_are_small(pairs_);
  }

  // Takes the two lengths of a pair; false if they are not all there.
  static bool take_lengths(std::string_view& pairs, std::size_t& sum) {
    sum = 0;
    for (int i = 0; i < 2; ++i) {
      if (pairs.empty()) return false;
      const auto first = static_cast<unsigned char>(pairs[0]);
      const std::size_t size = first < 128 ? 1 : 4;
      if (pairs.size() < size) return false;
      std::size_t length = first & 0x7f;
      for (std::size_t k = 1; k < size; ++k)
        length = length * 256 + static_cast<unsigned char>(pairs[k]);
      sum += length;
      pairs.remove_prefix(size);
    }
    return true;
  }
  static bool pairs_are_small(std::string_view pairs) {
    for (std::size_t size = 0; take_lengths(pairs, size);) {
      if (size > PairGuard::kMaxPair) return false;
      pairs.remove_prefix(std::min(pairs.size(), size));
    }
    return true;
  }
  static bool pairs_end(std::string_view pairs) {
    while (!pairs.empty()) {
      std::size_t size = 0;
      if (!take_lengths(pairs, size) || size > pairs.size()) return false;
      pairs.remove_prefix(size);
    }
    return true;
  }

  std::string_view text_;
  bool begun_ = false, params_ended_ = false, ended_ = false;
  std::size_t id_ = 0;
  std::string pairs_;
};

// ---- conversations that are in order --------------------------------------------------------

std::string in_records(RecordType type, std::string_view content, int id) {
  std::string bytes;
  while (!content.empty()) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 40);
    bytes += record(type, content.substr(0, size), id, *rc::gen::inRange(0, 20));
    content.remove_prefix(std::min(content.size(), size));
  }
  return bytes + record(type, "", id, type == kStdin ? *rc::gen::inRange(0, 9) : 0);
}

std::string any_conversation() {
  const int id = *rc::gen::inRange(1, 65'536);
  std::string bytes;
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) bytes += kValues;
  bytes += begin_record(*rc::gen::arbitrary<bool>(), id);
  std::string pairs;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    const std::string name(*rc::gen::inRange<std::size_t>(0, 30), 'N');
    const std::string value(*rc::gen::element<std::size_t>(0, 1, 5, 127, 128, 300), 'v');
    pairs += name_value(name, value);
  }
  bytes += in_records(kParams, pairs, id);
  return bytes + in_records(kStdin, std::string(*rc::gen::inRange<std::size_t>(0, 200), 'b'), id);
}

std::vector<std::size_t> any_sizes() {
  return *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::size_t>>(rc::gen::weightedOneOf<std::size_t>(
          {{3, rc::gen::inRange<std::size_t>(1, 4)}, {1, rc::gen::inRange<std::size_t>(1, 200)}})));
}

BOOST_AUTO_TEST_SUITE(record_guard)

BOOST_AUTO_TEST_CASE(whatever_is_in_order_passes_however_it_is_cut) {
  BOOST_TEST(rc::check([] {
    const std::string bytes = any_conversation();
    RC_ASSERT((judge(bytes, any_sizes()) == Verdict{bytes.size(), Fault::kNone, true}));
  }));
}

BOOST_AUTO_TEST_CASE(what_is_not_whole_is_not_between_requests) {
  BOOST_TEST(rc::check([] {
    std::string bytes = any_conversation();
    bytes.resize(*rc::gen::inRange<std::size_t>(1, bytes.size()));
    const Verdict verdict = judge(bytes, any_sizes());
    RC_ASSERT(verdict.fault == Fault::kNone);
    RC_ASSERT(verdict.taken == bytes.size());
    // Unless all there is are questions about limits.
    RC_ASSERT(!verdict.between || bytes.size() % kValues.size() == 0);
  }));
}

BOOST_AUTO_TEST_CASE(what_comes_after_a_request_is_left_out) {
  BOOST_TEST(rc::check([] {
    const std::string bytes = any_conversation();
    const Verdict verdict = judge(bytes + begin_record(true), any_sizes());
    RC_ASSERT((verdict == Verdict{bytes.size(), Fault::kNone, false}));
  }));
}

BOOST_AUTO_TEST_CASE(what_is_corrupted_is_judged_as_the_grammar_says_however_it_is_cut) {
  BOOST_TEST(rc::check([] {
    std::string bytes = any_conversation();
    for (int i = *rc::gen::inRange(1, 3); i > 0; --i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
      bytes[at] = *rc::gen::weightedOneOf<char>(
          {{1, rc::gen::arbitrary<char>()},
           {1, rc::gen::element('\0', '\1', '\2', '\4', '\5', '\x7f', '\x80', '\xff')}});
    }
    const Verdict whole = judge(bytes);
    RC_ASSERT((judge(bytes, any_sizes()) == whole));
    RC_ASSERT((whole.fault == Fault::kNone) == Reference(bytes).in_order());
    // The byte that makes it a fault is the one that does not pass.
    if (whole.fault == Fault::kNone) return;
    RC_ASSERT(Reference(bytes.substr(0, whole.taken)).in_order());
    RC_ASSERT(!Reference(bytes.substr(0, whole.taken + 1)).in_order());
  }));
}

BOOST_AUTO_TEST_CASE(every_byte_of_every_header_with_every_value) {
  const std::string bytes = kValues + begin_record(true) + record(kParams, kParamsOfOne, 1, 2) +
                            record(kParams, "") + record(kStdin, "body") + record(kStdin, "");
  BOOST_TEST((judge(bytes) == Verdict{bytes.size(), Fault::kNone, true}));
  int faults = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string bad = bytes;
      bad[at] = static_cast<char>(value);
      const Fault fault = fault_of(bad);
      BOOST_REQUIRE_MESSAGE((fault == Fault::kNone) == Reference(bad).in_order(),
                            "byte " << at << " is " << value << ": " << describe(fault));
      if (fault != Fault::kNone) ++faults;
    }
  }
  BOOST_TEST(faults > 5000);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told) {
  const std::string begin = begin_record(true);
  const std::string params = stream(kParams, kParamsOfOne);
  const auto type = [](int number) { return static_cast<RecordType>(number); };
  const std::pair<std::string, Fault> cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", Fault::kVersion},
      {"\2", Fault::kVersion},
      {begin + record(kAbort, ""), Fault::kAborted},
      {record(kAbort, ""), Fault::kAborted},
      {record(type(77), "", 0), Fault::kType},
      {begin + record(type(77), "", 0), Fault::kType},
      {begin + params + record(kData, "x"), Fault::kType},
      {begin + record(kStdout, ""), Fault::kType},
      {begin + begin, Fault::kNotDue},
      {begin + params + begin, Fault::kNotDue},
      {begin + kValues, Fault::kNotDue},
      {begin + params + kValues, Fault::kNotDue},
      {begin + record(kStdin, "x"), Fault::kNotDue},
      {begin + params + record(kParams, kParamsOfOne), Fault::kNotDue},
      {record(kParams, kParamsOfOne), Fault::kNotDue},
      {begin_record(true, 0), Fault::kOtherId},
      {begin + record(kParams, kParamsOfOne, 2), Fault::kOtherId},
      {begin + params + record(kStdin, "x", 257), Fault::kOtherId},
      {begin + params + record(kStdin, "x", 0), Fault::kOtherId},
      {record(kGetValues, "", 1), Fault::kOtherId},
      {record(kBegin, "short"), Fault::kLength},
      {record(kBegin, std::string(9, '\0')), Fault::kLength},
      {record(kGetValues, std::string(49, '\0'), 0), Fault::kLength},
      {record(kBegin, std::string("\0\1\0\0\0\0\0\0", 8), 1, 1), Fault::kPadding},
      {begin + record(kParams, "", 1, 255), Fault::kPadding},
      {begin_record(true, 1, 2), Fault::kRole},
      {begin_record(true, 1, 3), Fault::kRole},
      {record(kBegin, std::string("\1\1\0\0\0\0\0\0", 8)), Fault::kRole},
      {begin + stream(kParams, "\x04"), Fault::kBrokenPair},
      {begin + stream(kParams, "\x04\x7ftoo short"), Fault::kBrokenPair},
      {begin + stream(kParams, "\x80"), Fault::kBrokenPair},
      {record(kGetValues, "\x0e", 0), Fault::kBrokenPair},
      {record(kGetValues, "\x20\x7ftoo short", 0), Fault::kBrokenPair},
      {record(kGetValues, std::string(8, '\xff'), 0), Fault::kTooLarge},
      {begin + record(kParams, std::string(8, '\xff')), Fault::kTooLarge},
  };
  for (const auto& [bytes, fault] : cases) {
    const Fault found = fault_of(bytes);
    BOOST_TEST((found == fault), describe(fault) << ", not " << describe(found));
    BOOST_TEST(!describe(found).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_pair_has_a_limit) {
  const std::size_t most = PairGuard::kMaxPair;
  const auto fault = [](std::size_t name, std::size_t value) {
    return fault_of(begin_record(true) + record(kParams, long_length(name) + long_length(value)));
  };
  BOOST_TEST((fault(most, 0) == Fault::kNone));
  BOOST_TEST((fault(0, most) == Fault::kNone));
  BOOST_TEST((fault(20, most - 20) == Fault::kNone));
  BOOST_TEST((fault(21, most - 20) == Fault::kTooLarge));
  BOOST_TEST((fault(most + 1, 0) == Fault::kTooLarge));
  // What a sum of 32 bits makes of it is small.
  BOOST_TEST((fault(0x7fffffff, 0x7fffffff) == Fault::kTooLarge));
  BOOST_TEST((fault(1, 0x7fffffff) == Fault::kTooLarge));
}

// How much of the same pair passes.
std::size_t most_of(const std::string& pair) {
  RecordGuard guard;
  guard.take(bytes_of(begin_record(true)));
  std::string content;
  while (content.size() + pair.size() <= 65'535 && content.size() < 60'000) content += pair;
  const std::string bytes = record(kParams, content);
  std::size_t taken = 0;
  while (guard.fault() == Fault::kNone) taken += guard.take(bytes_of(bytes));
  BOOST_TEST((guard.fault() == Fault::kTooLarge));
  return taken;
}

BOOST_AUTO_TEST_CASE(all_parameters_together_have_a_limit) {
  // All that Apache and nginx let through passes.
  const std::size_t line = 16'000;
  BOOST_TEST(most_of(name_value("HTTP_A", std::string(line, 'v'))) > 1000 * line + 16 * line);
  // What is small costs as much as it does: a million or so.
  BOOST_TEST(most_of(std::string(2, '\0')) < PairGuard::kMaxTotal / PairGuard::kPairCost * 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
