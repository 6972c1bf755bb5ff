// A stock repository on this machine as a source of manifests and payloads
// (store/content_source.h). Errors when opening: those of StockRepository.
#pragma once

#include <memory>
#include <string>

#include "metaset/store/content_source.h"

namespace metaset::pkg5 {

std::unique_ptr<store::ContentSource> stock_source(const std::string& root);

}  // namespace metaset::pkg5
