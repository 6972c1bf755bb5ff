// What a package page shows of payloads: who signed, and the texts of licences. For this directory.
// Thread-safety and errors: as payload_texts.h.
#pragma once

#include <string>

#include "metaset/ips/package_details.h"
#include "metaset/web/payload_texts.h"

#include "web/template_data.h"

namespace metaset::web {

void add_signatures(PayloadTexts& texts, const ips::PackageDetails& details, Data& data);
void add_licences(PayloadTexts& texts, const ips::PackageDetails& details, Data& data);

// A digest of all that these show of payloads; empty if there is none to show.
std::string state_of_signatures(PayloadTexts& texts, const ips::PackageDetails& details);
std::string state_of_licences(PayloadTexts& texts, const ips::PackageDetails& details);

}  // namespace metaset::web
