#include "top_screen.h"

#include <algorithm>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

namespace metaset::app {
namespace {

constexpr const char* kEnter = "\033[?1049h\033[?25l";
constexpr const char* kLeave = "\033[?25h\033[?1049l";

winsize screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    size.ws_col = 80;
    size.ws_row = 24;
  }
  return size;
}

// As much of a line as fits; what changes colours takes no room.
std::string cut(std::string_view line, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\033') {
      const std::size_t end = std::min(line.find('m', i), line.size() - 1);
      out += line.substr(i, end + 1 - i);
      i = end;
    } else if (used < width || (static_cast<unsigned char>(line[i]) & 0xC0) == 0x80) {
      out += line[i];
      if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) ++used;
    }
  }
  return out;
}

}  // namespace

TopScreen::TopScreen() {
  ::tcgetattr(STDIN_FILENO, &before_);
  termios quiet = before_;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  std::fputs(kEnter, stdout);
  std::fflush(stdout);
}

TopScreen::~TopScreen() {
  std::fputs(kLeave, stdout);
  std::fflush(stdout);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void TopScreen::draw(const std::string& text) const {
  const winsize size = screen_size();
  std::string out = "\033[H";
  std::string_view rest = text;
  for (unsigned row = 0; row + 1 < size.ws_row && !rest.empty(); ++row) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out += cut(rest.substr(0, end), size.ws_col) + "\033[K\r\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  print(out + "\033[J");
}

}  // namespace metaset::app
