// What says who a client is: the certificate that a web server passes on, the Authorization field.
#include <string>

#include "metaset/base/certificate.h"

#include "fuzz.h"
#include "http/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using metaset::fuzz::require;
  const std::string_view text = metaset::fuzz::text_of(data, size);
  if (const auto names = metaset::read_certificate_names(text)) {
    require(names->subject.size() <= 4096 && names->issuer.size() <= 4096);
  }
  if (const auto credentials = metaset::http::parse_credentials(text)) {
    require(!credentials->basic ? credentials->user.empty() && !credentials->secret.empty()
                                : credentials->user.find(':') == std::string::npos);
  }
  return 0;
}
