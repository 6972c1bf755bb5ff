#include "pkg5/copying.h"

namespace metaset::pkg5 {

namespace {
constexpr std::size_t kMaxListed = 20;  // in one message
}

void append_bad_payloads(const std::vector<BadPayload>& payloads, std::string_view what,
                         std::string& message) {
  if (payloads.empty()) return;
  if (!message.empty()) message += "\n";
  message += std::to_string(payloads.size()) + " payloads are " + std::string(what) + ":";
  for (std::size_t i = 0; i < payloads.size() && i < kMaxListed; ++i) {
    message += "\n  " + payloads[i].name + " of " + payloads[i].package;
    if (!payloads[i].reason.empty()) message += ": " + payloads[i].reason;
  }
  if (payloads.size() > kMaxListed) {
    message += "\n  and " + std::to_string(payloads.size() - kMaxListed) + " more";
  }
}

}  // namespace metaset::pkg5
