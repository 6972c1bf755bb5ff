// Limits of this process and of the workers.
#include <charconv>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "doctor.h"

namespace metaset::app {
namespace {

constexpr std::uint64_t kFewDescriptors = 1024;
constexpr std::uint64_t kMaxText = 1 << 16;

// The soft limit in /proc/PID/limits; nullopt if it cannot be read, or there is none.
std::optional<std::uint64_t> file_limit(pid_t pid) {
  constexpr std::string_view kLine = "Max open files";
  try {
    const std::string text = read_file(fmt::format("/proc/{}/limits", pid), kMaxText);
    std::size_t at = text.find(kLine);
    if (at == std::string::npos) return std::nullopt;
    at = text.find_first_not_of(' ', at + kLine.size());
    if (at == std::string::npos) return std::nullopt;
    std::uint64_t limit = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), limit);
    return error == std::errc() ? std::optional(limit) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::size_t> open_files(pid_t pid) {
  try {
    const auto names = list_directory(fmt::format("/proc/{}/fd", pid));
    return names.empty() ? std::nullopt : std::optional(names.size());
  } catch (const Error&) {
    return std::nullopt;  // of another user
  }
}

void check_worker(const metrics::WorkerProcess& worker, Diagnosis& diagnosis) {
  const auto limit = file_limit(worker.pid);
  if (!limit) return;
  const auto open = open_files(worker.pid);
  const std::string found =
      open ? fmt::format("worker {} has {} of at most {} files open", worker.pid, *open, *limit)
           : fmt::format("worker {} may have {} files open", worker.pid, *limit);
  if (*limit < kFewDescriptors || (open && *open * 5 > *limit * 4)) {
    diagnosis.warning("open files", found,
                      "raise LimitNOFILE of the service, or ulimit -n: each connection needs one");
  } else {
    diagnosis.ok("open files", found);
  }
}

void check_workers(const DoctorOptions& options, Diagnosis& diagnosis) {
  if (options.counters.empty()) return;
  try {
    const metrics::Snapshot counted = metrics::CountersFile(options.counters).read();
    if (counted.workers.empty()) {
      diagnosis.warning("workers", "none runs that counts in " + options.counters,
                        "start metaset-serve, and set METASET_METRICS in its locations");
    }
    for (const metrics::WorkerProcess& worker : counted.workers) check_worker(worker, diagnosis);
  } catch (const Error& error) {
    diagnosis.skipped("workers", error.message());
  }
}

}  // namespace

void check_limits(const DoctorOptions& options, Diagnosis& diagnosis) {
  diagnosis.topic("limits");
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    const std::string found = fmt::format("ulimit -n is {}", limit.rlim_cur);
    if (limit.rlim_cur < kFewDescriptors) {
      diagnosis.warning("this shell", found, "raise it before you start a depot from here");
    } else {
      diagnosis.ok("this shell", found);
    }
  }
  check_workers(options, diagnosis);
}

}  // namespace metaset::app
