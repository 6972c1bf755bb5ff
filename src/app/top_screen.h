// A terminal that a program has for itself: another screen, no cursor, keys without Return. What
// was there comes back when it is destroyed. Thread-safety: one thread.
#pragma once

#include <string>

#include <termios.h>

namespace metaset::app {

class TopScreen {
 public:
  // Standard input and output must be terminals.
  TopScreen();
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  // Shows the text, cut off where the screen ends. kIo if the terminal is gone.
  void draw(const std::string& text) const;

 private:
  termios before_{};
};

}  // namespace metaset::app
