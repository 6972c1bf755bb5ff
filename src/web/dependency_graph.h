// A small drawing of what a package depends on and what depends on it, for this directory.
#pragma once

#include <string>
#include <vector>

#include "web/template_data.h"

namespace metaset::web {

struct GraphNode {
  std::string name, link;  // link: empty for what is not in the depot
};
// What dependency_graph.mustache needs: places and sizes. Each side shows the first few, and how
// many there are besides. An object without `graph` if there is nothing to draw.
void add_dependency_graph(const std::string& name, const std::vector<GraphNode>& dependents,
                          std::size_t all_dependents, const std::vector<GraphNode>& dependencies,
                          std::size_t all_dependencies, Data& data);

}  // namespace metaset::web
