// For BOOST_CHECK_EXCEPTION: is an Error of this code, a StatusError of this status?
#pragma once

#include "metaset/base/error.h"
#include "metaset/http/error_page.h"

namespace metaset::http {

inline auto has_code(Code code) {
  return [code](const Error& error) { return error.code() == code; };
}

inline auto has_status(int status) {
  return [status](const StatusError& error) { return error.status() == status; };
}

}  // namespace metaset::http
