#include "metaset/group/secret.h"

#include "metaset/base/random.h"

namespace metaset::group {

Secret new_secret() { return random_bytes<std::tuple_size_v<Secret>>(); }

}  // namespace metaset::group
