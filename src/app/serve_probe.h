// One question to a server that is starting. Thread-safety: re-entrant.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace metaset::app {

// Sends GET to the server that accepts connections of `listening` (a bound TCP socket). The status
// line of the answer ("HTTP/1.1 200 OK"), or empty if there is none within `limit`.
std::string probe(int listening, std::string_view path, std::chrono::milliseconds limit);

}  // namespace metaset::app
