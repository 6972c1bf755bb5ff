// What only the members of a group know: it makes client keys and proves where datagrams come from.
// Thread-safety: values. Errors: kInternal if there are no random bytes.
#pragma once

#include <array>
#include <cstdint>

namespace metaset::group {

using Secret = std::array<std::uint8_t, 32>;

Secret new_secret();

}  // namespace metaset::group
