// What a package page shows of payloads: who signed, and the texts of licences. For this directory.
//
// Payloads come and go without a metaset, and can be damaged: what is not here, or cannot be read,
// is said instead. Thread-safety: as the payload store. Errors: system errors.
#pragma once

#include <string>

#include "metaset/ips/package_details.h"
#include "metaset/store/payloads.h"

#include "web/template_data.h"

namespace metaset::web {

void add_signatures(const store::PayloadStore& payloads, const ips::PackageDetails& details,
                    Data& data);
void add_licences(const store::PayloadStore& payloads, const ips::PackageDetails& details,
                  Data& data);

// A digest of all that these show of payloads; empty if there is none to show.
std::string state_of_signatures(const store::PayloadStore& payloads,
                                const ips::PackageDetails& details);
std::string state_of_licences(const store::PayloadStore& payloads,
                              const ips::PackageDetails& details);

}  // namespace metaset::web
