// The text that Prometheus reads (text format 0.0.4), and what counters say in it.
//
// A family is begun with its name, type and help, then come its samples. Thread-safety: one thread.
// Errors: none.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "metaset/metrics/snapshot.h"

namespace metaset::metrics {

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Exposition {
 public:
  enum class Type { kCounter, kGauge, kHistogram };
  void family(std::string_view name, Type type, std::string_view help);
  // Of the family that was begun last. `suffix`: of histograms.
  void sample(std::uint64_t value, Labels labels = {}, std::string_view suffix = {});
  void sample(double value, Labels labels = {}, std::string_view suffix = {});
  // A family with one sample that has no labels.
  void gauge(std::string_view name, std::uint64_t value, std::string_view help);

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(Labels labels, std::string_view suffix);
  std::string text_;
  std::string name_;
};

// What has never happened is left out, except for the families themselves.
void write_counters(const Snapshot& snapshot, Exposition& out);

// "200"; "other", "broken".
std::string status_name(int status);
std::string_view program_name(Program program);

}  // namespace metaset::metrics
