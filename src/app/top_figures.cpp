#include "top_figures.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/group/gate.h"

namespace metaset::app {
namespace {

std::size_t class_of(int status) {
  const int hundreds = status / 100;
  return hundreds >= 2 && hundreds <= 5 ? static_cast<std::size_t>(hundreds - 2) : 4;
}

OperationFigures figures_of(const metrics::OperationCounts& now,
                            const metrics::OperationCounts& then, double seconds) {
  const metrics::OperationCounts change = now.since(then);
  OperationFigures figures;
  figures.name = now.name;
  figures.total = now.requests();
  const auto requests = static_cast<double>(change.requests());
  if (seconds <= 0 || requests == 0) return figures;
  figures.per_second = requests / seconds;
  figures.p50 = metrics::quantile(change.buckets, 0.50);
  figures.p90 = metrics::quantile(change.buckets, 0.90);
  figures.p99 = metrics::quantile(change.buckets, 0.99);
  double all = 0;
  for (std::size_t i = 0; i < metrics::kStatuses.size(); ++i) {
    const auto count = static_cast<double>(change.by_status[i]);
    figures.status_part[class_of(metrics::kStatuses[i])] += count;
    all += count;
  }
  for (double& part : figures.status_part) part /= std::max(all, 1.0);
  figures.sent = static_cast<double>(change.sent) / seconds;
  figures.handed_over = static_cast<double>(change.handed_over) / seconds;
  figures.received = static_cast<double>(change.received) / seconds;
  return figures;
}

std::string phase_name(const group::GateLook& look) {
  switch (look.state.phase) {
    case group::Phase::kOpen:
      return "open";
    case group::Phase::kHold:
      return "hold";
    case group::Phase::kClosed:
      return "closed";
  }
  return "closed";
}

}  // namespace

TopLook::TopLook(TopPlaces places) : places_(std::move(places)), counters_(places_.counters) {}

std::optional<RepositoryFigures> TopLook::look_at_repository() {
  if (places_.repository.empty()) return std::nullopt;
  try {
    if (!repository_) {
      repository_ = std::make_unique<store::Repository>(places_.repository, store::Access::kRead);
    }
    repository_->follow();
    const lmdb::Env& env = std::as_const(*repository_).committed();
    RepositoryFigures figures;
    {
      const lmdb::ReadTxn txn(env);
      figures.active = store::View::active_number(env, txn);
      figures.newest = store::View::latest_number(env, txn);
    }
    const lmdb::EnvStatistics statistics = env.statistics();
    figures.used_bytes = statistics.used_bytes;
    figures.map_bytes = statistics.map_size;
    figures.max_readers = statistics.max_readers;
    for (const lmdb::ReaderSlot& reader : env.readers()) {
      ++figures.readers;
      const std::uint64_t seen = reader.transaction.value_or(statistics.last_transaction);
      figures.oldest_reader =
          std::max(figures.oldest_reader,
                   statistics.last_transaction - std::min(seen, statistics.last_transaction));
    }
    return figures;
  } catch (const Error&) {
    repository_.reset();
    return std::nullopt;
  }
}

std::optional<GroupFigures> TopLook::look_at_group() const {
  if (places_.gate.empty()) return std::nullopt;
  group::GateReader gate(places_.gate);
  const group::BootTime now = group::boot_now();
  const group::GateLook& look = gate.look(now);
  GroupFigures figures;
  figures.phase = phase_name(look);
  figures.metaset = look.state.metaset;
  if (look.answers()) {
    figures.lease = static_cast<double>(look.state.valid_until - now) / group::kSecond;
  }
  return figures;
}

TopFigures TopLook::take() {
  metrics::Snapshot now = counters_.read();
  const auto time = std::chrono::steady_clock::now();
  const metrics::Snapshot nothing;
  const metrics::Snapshot& then = before_ ? *before_ : nothing;
  TopFigures figures;
  figures.seconds = before_ ? std::chrono::duration<double>(time - taken_).count() : 0;
  figures.workers = now.workers;
  figures.commits = now.event(metrics::Event::kCommits);
  for (const metrics::OperationCounts& one : now.operations) {
    const metrics::OperationCounts* const before = then.find(one.name);
    if (one.requests() == 0) continue;
    figures.operations.push_back(
        figures_of(one, before != nullptr ? *before : metrics::OperationCounts{}, figures.seconds));
  }
  std::ranges::stable_sort(figures.operations, [](const auto& a, const auto& b) {
    return std::pair(a.per_second, a.total) > std::pair(b.per_second, b.total);
  });
  figures.all = figures_of(now.all(), then.all(), figures.seconds);
  figures.all.name = "all";
  figures.repository = look_at_repository();
  figures.group = look_at_group();
  before_ = std::move(now);
  taken_ = time;
  return figures;
}

}  // namespace metaset::app
