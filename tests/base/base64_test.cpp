#include "metaset/base/base64.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace metaset {
namespace {

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(the_examples_of_the_standard) {
  const std::pair<std::string_view, std::string_view> examples[] = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"},
                                                                    {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : examples) {
    BOOST_TEST(encode_base64(bytes) == text);
    BOOST_REQUIRE(decode_base64(text));
    BOOST_TEST(*decode_base64(text) == bytes);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_base64) {
  for (const std::string_view text :
       {"Z", "Zg", "Zg=", "=", "====", "Zg===", "Z===", "Zh==", "Zm9=", "Zm9v\n",
        " Zg=", "Zg==Zg==", "Zm-_", "Zm=v", "Zm9vZ"}) {
    BOOST_TEST_CONTEXT(text) BOOST_TEST(!decode_base64(text));
  }
  BOOST_TEST(!decode_base64(std::string_view("Zg\0=", 4)));
}

BOOST_AUTO_TEST_CASE(bytes_come_back) {
  BOOST_TEST(rc::check([](const std::string& bytes) {
    const auto back = decode_base64(encode_base64(bytes));
    RC_ASSERT(back == bytes);
  }));
}

BOOST_AUTO_TEST_CASE(one_text_for_the_same_bytes) {
  const auto text = rc::gen::container<std::string>(rc::gen::element('A', 'Q', 'h', '/', '='));
  BOOST_TEST(rc::check([&] {
    const std::string some = *text;
    const auto bytes = decode_base64(some);
    if (bytes) RC_ASSERT(encode_base64(*bytes) == some);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
