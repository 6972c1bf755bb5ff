#include "metaset/metrics/exposition.h"

#include <iterator>

#include <fmt/format.h>

namespace metaset::metrics {
namespace {

using Type = Exposition::Type;

constexpr double kNanoseconds = 1e9;

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kCounter:
      return "counter";
    case Type::kGauge:
      return "gauge";
    case Type::kHistogram:
      return "histogram";
  }
  return "untyped";
}

void append_escaped(std::string_view text, bool quotes, std::string& out) {
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

void write_requests(const Snapshot& snapshot, Exposition& out) {
  out.family("metaset_requests_total", Type::kCounter,
             "Requests that workers have answered, by operation and status.");
  for (const OperationCounts& one : snapshot.operations) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      if (one.by_status[i] == 0) continue;
      out.sample(one.by_status[i],
                 {{"operation", one.name}, {"status", status_name(kStatuses[i])}});
    }
  }
}

void write_durations(const Snapshot& snapshot, Exposition& out) {
  out.family("metaset_request_duration_seconds", Type::kHistogram,
             "Time from when a worker had read a request until its answer was handed over.");
  for (const OperationCounts& one : snapshot.operations) {
    const std::uint64_t all = one.requests();
    if (all == 0) continue;
    std::uint64_t until = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      until += one.buckets[i];
      const std::string bound = fmt::format("{}", static_cast<double>(kBounds[i]) / kNanoseconds);
      out.sample(until, {{"operation", one.name}, {"le", bound}}, "_bucket");
    }
    out.sample(all, {{"operation", one.name}, {"le", "+Inf"}}, "_bucket");
    out.sample(static_cast<double>(one.nanoseconds) / kNanoseconds, {{"operation", one.name}},
               "_sum");
    out.sample(all, {{"operation", one.name}}, "_count");
  }
}

void write_bytes(const Snapshot& snapshot, Exposition& out, std::string_view name,
                 std::uint64_t OperationCounts::*bytes, std::string_view help) {
  out.family(name, Type::kCounter, help);
  for (const OperationCounts& one : snapshot.operations) {
    if (one.*bytes != 0) out.sample(one.*bytes, {{"operation", one.name}});
  }
}

std::uint64_t successes(const Snapshot& snapshot, std::initializer_list<std::string_view> names) {
  std::uint64_t sum = 0;
  for (const std::string_view name : names) {
    if (const OperationCounts* const one = snapshot.find(name)) sum += one->with_status(200);
  }
  return sum;
}

void write_publication(const Snapshot& snapshot, Exposition& out) {
  out.family("metaset_transactions_total", Type::kCounter,
             "Publication transactions that were opened, closed and abandoned.");
  out.sample(successes(snapshot, {"open/0", "append/0"}), {{"event", "opened"}});
  out.sample(successes(snapshot, {"close/0"}), {{"event", "closed"}});
  out.sample(successes(snapshot, {"abandon/0"}), {{"event", "abandoned"}});
  out.family("metaset_commits_total", Type::kCounter,
             "Metasets that metaset-publish has made, by closes, commits and rollbacks.");
  out.sample(snapshot.event(Event::kCommits));
}

void write_workers(const Snapshot& snapshot, Exposition& out) {
  out.family("metaset_workers", Type::kGauge,
             "Worker processes that run and have been asked something, by program.");
  for (const Program program : {Program::kServe, Program::kPublish}) {
    std::uint64_t count = 0;
    for (const WorkerProcess& worker : snapshot.workers) count += worker.program == program;
    out.sample(count, {{"program", program_name(program)}});
  }
  std::uint64_t in_flight = 0;
  for (const WorkerProcess& worker : snapshot.workers) in_flight += worker.in_flight;
  out.gauge("metaset_requests_in_flight", in_flight, "Requests that are being answered now.");
}

}  // namespace

std::string status_name(int status) {
  if (status == 0) return "other";
  if (status == kBroken) return "broken";
  return fmt::format("{}", status);
}

std::string_view program_name(Program program) {
  return program == Program::kPublish ? "metaset-publish" : "metaset-serve";
}

void Exposition::family(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} ", name);
  append_escaped(help, false, text_);
  text_ += fmt::format("\n# TYPE {} {}\n", name, type_name(type));
}

void Exposition::begin_sample(Labels labels, std::string_view suffix) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [name, value] : labels) {
    text_ += before;
    text_ += name;
    text_ += "=\"";
    append_escaped(value, true, text_);
    text_ += '"';
    before = ',';
  }
  if (before == ',') text_ += '}';
}

void Exposition::sample(std::uint64_t value, Labels labels, std::string_view suffix) {
  begin_sample(labels, suffix);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void Exposition::sample(double value, Labels labels, std::string_view suffix) {
  begin_sample(labels, suffix);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void Exposition::gauge(std::string_view name, std::uint64_t value, std::string_view help) {
  family(name, Type::kGauge, help);
  sample(value);
}

void write_counters(const Snapshot& snapshot, Exposition& out) {
  write_workers(snapshot, out);
  write_requests(snapshot, out);
  write_durations(snapshot, out);
  write_bytes(snapshot, out, "metaset_sent_bytes_total", &OperationCounts::sent,
              "Bytes of bodies that workers have sent.");
  write_bytes(snapshot, out, "metaset_handed_over_bytes_total", &OperationCounts::handed_over,
              "Sizes of files that workers have told the web server to send.");
  write_bytes(snapshot, out, "metaset_received_bytes_total", &OperationCounts::received,
              "Bytes of bodies that workers have received.");
  write_publication(snapshot, out);
}

}  // namespace metaset::metrics
