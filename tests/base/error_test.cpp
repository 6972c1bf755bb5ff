#include "metaset/base/error.h"

#include <cerrno>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

namespace metaset {
namespace {

constexpr Code kCodes[] = {Code::kInvalid,  Code::kUsage,       Code::kNotFound, Code::kExists,
                           Code::kConflict, Code::kLimit,       Code::kCorrupt,  Code::kDenied,
                           Code::kNoSpace,  Code::kUnavailable, Code::kIo,       Code::kInternal};

BOOST_AUTO_TEST_SUITE(error)

BOOST_AUTO_TEST_CASE(every_code_has_its_own_name) {
  std::set<std::string_view> names;
  for (const Code code : kCodes) names.insert(code_name(code));
  BOOST_TEST(names.size() == std::size(kCodes));
  BOOST_TEST(code_name(Code::kNotFound) == "not-found");
}

BOOST_AUTO_TEST_CASE(steps_are_added_innermost_first_and_leave_the_message_alone) {
  Error error(Code::kLimit, "too many tags");
  BOOST_TEST(error.what() == std::string("too many tags"));
  error.during("reading manifest m").during("importing /repo");
  BOOST_TEST(error.what() ==
             std::string("too many tags, while reading manifest m, while importing /repo"));
  BOOST_TEST(error.message() == "too many tags");
  BOOST_TEST((error.code() == Code::kLimit));
}

BOOST_AUTO_TEST_CASE(a_rethrown_error_keeps_its_steps) {
  try {
    try {
      throw Error(Code::kCorrupt, "bad");
    } catch (Error& e) {
      throw e.during("looking");
    }
  } catch (const std::exception& e) {
    BOOST_TEST(e.what() == std::string("bad, while looking"));
  }
}

BOOST_AUTO_TEST_CASE(system_errors_have_the_code_of_their_kind) {
  const std::pair<int, Code> expected[] = {{ENOSPC, Code::kNoSpace},  {EDQUOT, Code::kNoSpace},
                                           {ENOENT, Code::kNotFound}, {EEXIST, Code::kExists},
                                           {EACCES, Code::kDenied},   {EPERM, Code::kDenied},
                                           {EROFS, Code::kDenied},    {EIO, Code::kIo},
                                           {EFBIG, Code::kNoSpace},   {EMFILE, Code::kUnavailable}};
  for (const auto& [errnum, code] : expected) {
    BOOST_TEST((system_error(errnum, "cannot open", "x").code() == code));
  }
  BOOST_TEST(system_error(ENOSPC, "cannot write", "/a/b").message() ==
             "cannot write /a/b: No space left on device");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
