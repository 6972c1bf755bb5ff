// CLOCK_BOOTTIME: the clock that all processes of a machine agree on, that nobody sets, and that
// goes on while the machine sleeps. Its readings mean nothing after another start of the machine.
// Thread-safety: any thread.
#pragma once

#include <array>
#include <cstdint>

namespace metaset::group {

using BootTime = std::int64_t;  // nanoseconds since the machine was started
inline constexpr BootTime kMillisecond = 1'000'000;
inline constexpr BootTime kSecond = 1'000 * kMillisecond;

BootTime boot_now() noexcept;

// Tells one start of the machine from another (/proc/sys/kernel/random/boot_id). System errors.
using BootId = std::array<std::uint8_t, 16>;
BootId boot_id();

}  // namespace metaset::group
