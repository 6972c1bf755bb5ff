// The figures of `metaset top` for people and for programs.
#include <fmt/format.h>

#include "metaset/metrics/exposition.h"

#include "cli.h"
#include "text_table.h"
#include "top_figures.h"

namespace metaset::app {
namespace {

constexpr std::array kClasses = {"2xx", "3xx", "4xx", "5xx", "other"};
constexpr std::string_view kBold = "\033[1m", kRed = "\033[31m", kPlain = "\033[0m";

std::string duration_text(double seconds) {
  if (seconds <= 0) return "-";
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
  return fmt::format("{:.1f} s", seconds);
}

std::string rate_text(double rate) {
  return rate == 0 ? "-" : rate < 10 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate);
}

std::string bytes_text(double rate) {
  return rate < 1 ? "-" : human_size(static_cast<std::uint64_t>(rate));
}

std::string part_text(double part) {
  if (part == 0) return "-";
  return part < 0.01 ? "<1%" : fmt::format("{:.0f}%", part * 100);
}

std::vector<std::string> row_of(const OperationFigures& one) {
  std::vector<std::string> row = {one.name,
                                  rate_text(one.per_second),
                                  fmt::format("{}", one.total),
                                  duration_text(one.p50),
                                  duration_text(one.p90),
                                  duration_text(one.p99)};
  for (const double part : one.status_part) row.push_back(part_text(part));
  row.push_back(bytes_text(one.sent));
  row.push_back(bytes_text(one.handed_over));
  row.push_back(bytes_text(one.received));
  return row;
}

std::string workers_text(const TopFigures& figures) {
  std::size_t serve = 0, publish = 0;
  std::uint64_t in_flight = 0;
  for (const metrics::WorkerProcess& worker : figures.workers) {
    (worker.program == metrics::Program::kPublish ? publish : serve)++;
    in_flight += worker.in_flight;
  }
  return fmt::format(
      "workers     {} of metaset-serve, {} of metaset-publish; {} requests being "
      "answered; {} commits\n",
      serve, publish, in_flight, figures.commits);
}

std::string repository_text(const RepositoryFigures& one) {
  return fmt::format(
      "repository  metaset {}, newest {}; database {} of {}, {} of {} readers, the oldest {} "
      "transactions behind\n",
      one.active, one.newest, human_size(one.used_bytes), human_size(one.map_bytes), one.readers,
      one.max_readers, one.oldest_reader);
}

std::string emphasized(const std::string& table, const TopFigures& figures) {
  const std::size_t heading = table.find('\n') + 1;
  std::string text = std::string(kBold) + table.substr(0, heading) + std::string(kPlain);
  if (figures.all.status_part[3] > 0) text += kRed;
  const std::size_t all = std::min(table.find('\n', heading) + 1, table.size());
  text += table.substr(heading, all - heading);
  return text + std::string(kPlain) + table.substr(all);
}

rapidjson::Value operation_json(const OperationFigures& one, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value object(rapidjson::kObjectType);
  object.AddMember("operation", json_text(one.name, json), allocator);
  object.AddMember("requests", one.total, allocator);
  object.AddMember("per-second", one.per_second, allocator);
  object.AddMember("p50", one.p50, allocator);
  object.AddMember("p90", one.p90, allocator);
  object.AddMember("p99", one.p99, allocator);
  rapidjson::Value statuses(rapidjson::kObjectType);
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    statuses.AddMember(rapidjson::StringRef(kClasses[i]), one.status_part[i], allocator);
  }
  object.AddMember("statuses", statuses, allocator);
  object.AddMember("sent-bytes-per-second", one.sent, allocator);
  object.AddMember("handed-over-bytes-per-second", one.handed_over, allocator);
  object.AddMember("received-bytes-per-second", one.received, allocator);
  return object;
}

rapidjson::Value workers_json(const TopFigures& figures, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value workers(rapidjson::kArrayType);
  for (const metrics::WorkerProcess& one : figures.workers) {
    rapidjson::Value object(rapidjson::kObjectType);
    object.AddMember("pid", one.pid, allocator);
    object.AddMember("program", json_text(std::string(metrics::program_name(one.program)), json),
                     allocator);
    object.AddMember("started", one.started, allocator);
    object.AddMember("in-flight", one.in_flight, allocator);
    workers.PushBack(object, allocator);
  }
  return workers;
}

}  // namespace

std::string top_text(const TopFigures& figures, const TopPlaces& places, bool colours) {
  std::string text = fmt::format("metaset top  {}  {}\n", for_people(now()), places.counters);
  text += workers_text(figures);
  if (figures.repository) text += repository_text(*figures.repository);
  if (figures.group) {
    text += fmt::format("group       {}, metaset {}, lease of {:.1f} s\n", figures.group->phase,
                        figures.group->metaset, figures.group->lease);
  }
  Table table = {{"OPERATION", "REQ/S", "TOTAL", "P50", "P90", "P99"}};
  table[0].insert(table[0].end(), kClasses.begin(), kClasses.end());
  for (const char* name : {"SENT/S", "HANDED/S", "RECEIVED/S"}) table[0].emplace_back(name);
  table.push_back(row_of(figures.all));
  for (const OperationFigures& one : figures.operations) table.push_back(row_of(one));
  const std::string operations = text_table(table, true);
  return text + '\n' + (colours ? emphasized(operations, figures) : operations);
}

rapidjson::Document top_json(const TopFigures& figures) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("time", json_text(for_people(now()), json), allocator);
  json.AddMember("interval", figures.seconds, allocator);
  json.AddMember("workers", workers_json(figures, json), allocator);
  json.AddMember("commits", figures.commits, allocator);
  json.AddMember("all", operation_json(figures.all, json), allocator);
  rapidjson::Value operations(rapidjson::kArrayType);
  for (const OperationFigures& one : figures.operations) {
    operations.PushBack(operation_json(one, json), allocator);
  }
  json.AddMember("operations", operations, allocator);
  rapidjson::Value repository, group;
  if (const auto& one = figures.repository) {
    repository.SetObject();
    repository.AddMember("active", one->active, allocator);
    repository.AddMember("newest", one->newest, allocator);
    repository.AddMember("database-bytes", one->used_bytes, allocator);
    repository.AddMember("map-bytes", one->map_bytes, allocator);
    repository.AddMember("readers", one->readers, allocator);
    repository.AddMember("max-readers", one->max_readers, allocator);
    repository.AddMember("oldest-reader-transactions", one->oldest_reader, allocator);
  }
  if (const auto& one = figures.group) {
    group.SetObject();
    group.AddMember("phase", json_text(one->phase, json), allocator);
    group.AddMember("metaset", one->metaset, allocator);
    group.AddMember("lease", one->lease, allocator);
  }
  json.AddMember("repository", repository, allocator);
  json.AddMember("group", group, allocator);
  return json;
}

}  // namespace metaset::app
