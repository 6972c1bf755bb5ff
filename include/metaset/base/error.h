// The one exception type of Metaset.
//
// A failure carries a code (what kind), a message that names the offending thing and the rule, and
// the steps that were under way, innermost first. Codes become exit statuses in
// src/app/exit_code.cpp and HTTP statuses in src/http/dispatch.cpp, nowhere else. Ordinary absence
// is std::optional. Thread-safety: values; share nothing.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace metaset {

enum class Code {
  kInvalid,      // input breaks a rule of its format
  kUsage,        // the command line or a parameter is wrong
  kNotFound,     // a named thing is not there
  kExists,       // a thing of that name is there already
  kConflict,     // the change contradicts what others did meanwhile
  kLimit,        // a bound on sizes or counts was exceeded
  kCorrupt,      // stored data does not match its hash or its structure
  kDenied,       // permission, or switched off by configuration
  kNoSpace,      // disk, map or quota full
  kUnavailable,  // not now: starting, replaced, locked; trying again may help
  kIo,           // the operating system refused
  kInternal,     // a bug
};

// A short lower-case word for a code, for logs and --json output, e.g. "not-found".
std::string_view code_name(Code code);

class Error : public std::runtime_error {
 public:
  Error(Code code, std::string message);
  Code code() const noexcept { return code_; }
  // The message without the steps.
  const std::string& message() const noexcept { return message_; }
  // Adds "while <doing>" to what(); returns *this so that it can be rethrown: throw
  // e.during("...").
  Error& during(std::string_view doing);
  const char* what() const noexcept override { return full_.c_str(); }

 private:
  Code code_;
  std::string message_;
  std::string full_;
};

// An Error with the text of an errno value: "<doing> <name>: No space left on device".
// ENOSPC, EDQUOT and EFBIG give kNoSpace, ENOENT kNotFound, EEXIST kExists, EACCES, EPERM and EROFS
// kDenied, EMFILE, ENFILE, ENOMEM and EAGAIN kUnavailable, all others kIo.
[[nodiscard]] Error system_error(int errnum, std::string_view doing, std::string_view name);

}  // namespace metaset
