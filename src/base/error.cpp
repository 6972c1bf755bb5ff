#include "metaset/base/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace metaset {
namespace {

Code code_of(int errnum) {
  switch (errnum) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Code::kNoSpace;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return Code::kUnavailable;
    case ENOENT:
      return Code::kNotFound;
    case EEXIST:
      return Code::kExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kDenied;
    default:
      return Code::kIo;
  }
}

}  // namespace

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kUsage:
      return "usage";
    case Code::kNotFound:
      return "not-found";
    case Code::kExists:
      return "exists";
    case Code::kConflict:
      return "conflict";
    case Code::kLimit:
      return "limit";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kDenied:
      return "denied";
    case Code::kNoSpace:
      return "no-space";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kIo:
      return "io";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

Error::Error(Code code, std::string message)
    : std::runtime_error(message), code_(code), message_(std::move(message)), full_(message_) {}

Error& Error::during(std::string_view doing) {
  full_.append(", while ").append(doing);
  return *this;
}

Error system_error(int errnum, std::string_view doing, std::string_view name) {
  std::string message(doing);
  message.append(" ").append(name).append(": ");
  message.append(std::generic_category().message(errnum));
  return Error(code_of(errnum), std::move(message));
}

}  // namespace metaset
