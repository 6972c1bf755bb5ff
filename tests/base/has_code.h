// For BOOST_CHECK_EXCEPTION: is an Error of this code?
#pragma once

#include "metaset/base/error.h"

namespace metaset {

inline auto has_code(Code code) {
  return [code](const Error& error) { return error.code() == code; };
}

}  // namespace metaset
