// A drawing of metasets over time, for this directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "web/template_data.h"

namespace metaset::web {

struct ChartBar {
  std::string label, link;
  std::uint64_t changes = 0;           // package versions that came or went
  std::optional<std::uint64_t> bytes;  // that it added; nullopt: not counted
};
// What metaset_chart.mustache needs; `bars` from the left to the right.
void add_metaset_chart(const std::vector<ChartBar>& bars, Data& data);

}  // namespace metaset::web
