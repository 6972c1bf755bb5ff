// What one page shows of payloads: they come and go without a metaset, so validators say what they
// are. What a validator has read is not read again for its page, and is the same there.
//
// Lifetime: that of one request for one package; the payload store must outlive it. Thread-safety:
// one thread. Errors: system errors; what is not here, or damaged, is said in place of its text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "metaset/ips/package_details.h"
#include "metaset/store/payloads.h"

namespace metaset::web {

class PayloadTexts {
 public:
  explicit PayloadTexts(const store::PayloadStore& payloads) : payloads_(payloads) {}
  PayloadTexts(const PayloadTexts&) = delete;
  PayloadTexts& operator=(const PayloadTexts&) = delete;

  // A text, or a sentence that says why there is none.
  struct Licence {
    std::string text, trouble;
  };
  // In the order of the details, which are those of the package that the request is for.
  const std::vector<Licence>& licences(const ips::PackageDetails& details);
  const store::PayloadStore& payloads() const { return payloads_; }

 private:
  const store::PayloadStore& payloads_;
  std::optional<std::vector<Licence>> licences_;
};

}  // namespace metaset::web
