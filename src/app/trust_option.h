// --trust: public keys of those whose signed statements count.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "metaset/base/signing.h"

#include "cli.h"

namespace metaset::app {

// The option of a command; the files are known when its callback runs.
std::shared_ptr<std::vector<std::string>> add_trust_option(CLI::App& command, const char* summary);
std::vector<std::shared_ptr<const Key>> read_trusted_keys(const std::vector<std::string>& files);

}  // namespace metaset::app
