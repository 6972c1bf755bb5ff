#include "progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

namespace metaset::app {
namespace {

constexpr std::size_t kBar = 24;
constexpr auto kBetween = std::chrono::milliseconds(100);
constexpr double kTooEarly = 0.5;  // seconds, before a rate means something

std::string time_left(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

Progress::Progress() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { erase(); }

void Progress::erase() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

ProgressCallback Progress::callback() {
  return [this](const PhaseProgress& now) { update(now.phase, now.done, now.total, now.bytes); };
}

std::string Progress::line(std::string_view phase, std::uint64_t done, std::uint64_t total,
                           std::uint64_t bytes, double seconds, std::size_t width) {
  const double part =
      total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(kBar));
  std::string text =
      fmt::format("{:<12} [{}{}] {:>3}%  {}/{}", phase, std::string(filled, '#'),
                  std::string(kBar - filled, '.'), static_cast<int>(part * 100), done, total);
  if (seconds > kTooEarly && done > 0) {
    if (bytes > 0) {
      text += "  " + human_size(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)) +
              "/s";
    } else {
      text += fmt::format("  {:.0f}/s", static_cast<double>(done) / seconds);
    }
    if (done < total) text += "  " + time_left(seconds / part - seconds) + " left";
  }
  return text.substr(0, width - 1);
}

void Progress::update(std::string_view phase, std::uint64_t done, std::uint64_t total,
                      std::uint64_t bytes) {
  if (!is_terminal_) return;
  const auto now = Clock::now();
  if (phase != phase_) {
    phase_ = phase;
    started_ = now;
  } else if (now - drawn_ < kBetween) {
    return;
  }
  drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const std::string text = line(phase, done, total, bytes, seconds, terminal_width());
  std::fprintf(stderr, "\r%s\033[K", text.c_str());
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace metaset::app
