// Expectations that several tests share.
#pragma once

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

namespace metaset::ips::testing {

// Fails unless the call throws an Error of this code whose message contains the text.
template <typename Call>
void expect_error(Code code, std::string_view text, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    BOOST_CHECK_MESSAGE(error.code() == code, "code " << code_name(error.code()));
    BOOST_CHECK_MESSAGE(error.message().find(text) != std::string::npos,
                        "\"" << error.message() << "\" does not contain \"" << text << "\"");
    return;
  }
  BOOST_ERROR("no error");
}

template <typename Call>
void expect_invalid(std::string_view text, const Call& call) {
  expect_error(Code::kInvalid, text, call);
}

}  // namespace metaset::ips::testing
