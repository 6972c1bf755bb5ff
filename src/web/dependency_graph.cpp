#include "web/dependency_graph.h"

#include <algorithm>

#include <fmt/format.h>

namespace metaset::web {
namespace {

constexpr std::size_t kMostNodes = 8;  // on each side
constexpr std::size_t kMostCharacters = 30;
// Pixels of the drawing.
constexpr std::size_t kRow = 28, kBox = 22, kBoxWidth = 226, kWidth = 760;
constexpr std::size_t kMiddle = (kWidth - kBoxWidth) / 2, kRight = kWidth - kBoxWidth;

// Names are ASCII; of a long one the end says more.
std::string shortened(const std::string& name) {
  if (name.size() <= kMostCharacters) return name;
  return "\xe2\x80\xa6" + name.substr(name.size() - (kMostCharacters - 1));
}

Data node(const std::string& name, const std::string& link, std::size_t x, std::size_t y) {
  Data data;
  put(data, "text", shortened(name));
  put(data, "full", name);
  put_text(data, "node_link", link);
  put(data, "x", std::to_string(x));
  put(data, "y", std::to_string(y));
  put(data, "text_x", std::to_string(x + 8));
  put(data, "text_y", std::to_string(y + 15));
  return data;
}

void add_side(const std::vector<GraphNode>& side, std::size_t all, bool left, std::size_t height,
              DataList& nodes, DataList& edges) {
  const std::size_t shown = std::min(side.size(), kMostNodes);
  const std::size_t rows = shown + (all > shown ? 1 : 0);
  const std::size_t x = left ? 0 : kRight;
  std::size_t y = (height - rows * kRow) / 2 + (kRow - kBox) / 2;
  const std::size_t from = left ? kBoxWidth : kMiddle + kBoxWidth;
  const std::size_t to = left ? kMiddle : kRight;
  for (std::size_t i = 0; i < rows; ++i, y += kRow) {
    nodes.push_back(i < shown ? node(side[i].name, side[i].link, x, y)
                              : node(fmt::format("and {} more", all - shown), "", x, y));
    const std::size_t here = y + kBox / 2, middle = height / 2, bend = (from + to) / 2;
    Data edge;
    put(edge, "path",
        fmt::format("M{} {}C{} {} {} {} {} {}", from, left ? here : middle, bend,
                    left ? here : middle, bend, left ? middle : here, to, left ? middle : here));
    edges.push_back(std::move(edge));
  }
}

}  // namespace

void add_dependency_graph(const std::string& name, const std::vector<GraphNode>& dependents,
                          std::size_t all_dependents, const std::vector<GraphNode>& dependencies,
                          std::size_t all_dependencies, Data& data) {
  put_flag(data, "graph", all_dependents + all_dependencies > 0);
  const auto rows = [](std::size_t all) {
    return std::min(all, kMostNodes) + (all > kMostNodes ? 1 : 0);
  };
  const std::size_t height =
      kRow * std::max<std::size_t>({1, rows(all_dependents), rows(all_dependencies)});
  DataList nodes, edges;
  add_side(dependents, all_dependents, true, height, nodes, edges);
  add_side(dependencies, all_dependencies, false, height, nodes, edges);
  put(data, "graph_width", std::to_string(kWidth));
  put(data, "graph_height", std::to_string(height));
  put(data, "box_width", std::to_string(kBoxWidth));
  put(data, "box_height", std::to_string(kBox));
  data.set("graph_centre", node(name, "", kMiddle, (height - kBox) / 2));
  put_list(data, "nodes", std::move(nodes));
  put_list(data, "edges", std::move(edges));
}

}  // namespace metaset::web
