// One run of a round of checks (VerifyOptions::resume): what it has checked, and what it leaves to
// the next one.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>

#include "depot/verify_state.h"

namespace metaset::depot {

// Payloads have the numbers 0 to count - 1 in the order in which they are checked; by several
// threads, so that some are done before others that were begun earlier.
// Thread-safety: one thread at a time.
class RoundRun {
 public:
  using NameOf = std::function<std::string(std::size_t number)>;
  // `begin`: the first payload that the round has not checked yet.
  RoundRun(VerifyStateFile& file, std::size_t begin, std::size_t count, NameOf name_of);

  // This payload was checked. Keeps the state from time to time.
  void checked(std::size_t number, bool is_damaged);
  // Failed in earlier runs, and not checked in this one so far.
  const std::set<std::string>& remembered() const { return remembered_; }
  // One of those was checked, or nothing refers to it any more.
  void checked_again(const std::string& name, bool is_damaged);
  bool complete() const { return position_ == count_; }
  // Keeps the state; the round ends here if it is complete.
  VerifyRound finish();

 private:
  void keep(bool durable);
  VerifyStateFile& file_;
  const std::size_t count_;
  std::size_t position_;         // all before were checked
  std::set<std::size_t> ahead_;  // what else was
  NameOf name_of_;
  std::set<std::string> remembered_;
  std::chrono::steady_clock::time_point kept_ = std::chrono::steady_clock::now();
  std::string problem_;
};

}  // namespace metaset::depot
