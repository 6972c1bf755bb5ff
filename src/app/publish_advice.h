// What somebody has to do before `metaset serve` can take publications.
#pragma once

#include <string>

#include "serve_options.h"

namespace metaset::app {

// Commands that give the rights which publishing through the port needs and nobody has yet, with
// an introduction, in lines; empty if there is somebody who has them. Reads the grants of the
// repository. Errors: as opening it for writing.
std::string publish_advice(const ServeOptions& options);

}  // namespace metaset::app
