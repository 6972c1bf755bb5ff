#include "web/metaset_chart.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "metaset/depot/info.h"

namespace metaset::web {
namespace {

// Pixels of the drawing: two rows of bars, each with a line of text above.
constexpr double kChartWidth = 760, kBarHeight = 64, kTextHeight = 18;
constexpr double kMostBarWidth = 28, kBarGap = 2;

// One build in a hundred is a whole distribution: a root keeps the small ones visible.
double height_of(std::uint64_t value, std::uint64_t most) {
  if (value == 0 || most == 0) return 0;
  return std::max(1.5,
                  kBarHeight * std::sqrt(static_cast<double>(value) / static_cast<double>(most)));
}

Data bar(double x, double bottom, double width, double height, const std::string& title,
         const std::string& link) {
  Data data;
  put(data, "x", fmt::format("{:.1f}", x));
  put(data, "y", fmt::format("{:.1f}", bottom - height));
  put(data, "width", fmt::format("{:.1f}", width));
  put(data, "height", fmt::format("{:.1f}", height));
  put(data, "text", title);
  put(data, "bar_link", link);
  return data;
}

}  // namespace

void add_metaset_chart(const std::vector<ChartBar>& bars, Data& data) {
  put_flag(data, "chart", bars.size() > 1);
  std::uint64_t most_changes = 0, most_bytes = 0;
  for (const ChartBar& one : bars) {
    most_changes = std::max(most_changes, one.changes);
    most_bytes = std::max(most_bytes, one.bytes.value_or(0));
  }
  const double step = std::min(
      kMostBarWidth, kChartWidth / static_cast<double>(std::max<std::size_t>(bars.size(), 1)));
  const double width = std::max(step - kBarGap, 1.0);
  const double changes_bottom = kTextHeight + kBarHeight,
               bytes_bottom = 2 * (kTextHeight + kBarHeight) + 6;
  DataList changes, bytes;
  double x = 0;
  for (const ChartBar& one : bars) {
    changes.push_back(
        bar(x, changes_bottom, width, height_of(one.changes, most_changes),
            fmt::format("{}: {} package versions changed", one.label, count_text(one.changes)),
            one.link));
    const std::string added =
        one.bytes ? depot::size_text(*one.bytes) + " added" : "bytes not counted";
    bytes.push_back(bar(x, bytes_bottom, width, height_of(one.bytes.value_or(0), most_bytes),
                        fmt::format("{}: {}", one.label, added), one.link));
    x += step;
  }
  put(data, "chart_width", fmt::format("{:.0f}", kChartWidth));
  put(data, "chart_height", fmt::format("{:.0f}", bytes_bottom + 2));
  put(data, "changes_line", fmt::format("{:.0f}", changes_bottom));
  put(data, "bytes_line", fmt::format("{:.0f}", bytes_bottom));
  put(data, "bytes_text_y", fmt::format("{:.0f}", kTextHeight + kBarHeight + 20));
  put(data, "most_changes", count_text(most_changes));
  put(data, "most_bytes", depot::size_text(most_bytes));
  put_list(data, "change_bars", std::move(changes));
  put_list(data, "byte_bars", std::move(bytes));
}

}  // namespace metaset::web
