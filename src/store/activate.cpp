#include "metaset/store/activate.h"

#include <charconv>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/collected.h"

namespace metaset::store {
namespace {

constexpr std::int64_t kMicros = 1'000'000;  // of a second
// Readers that do not know yet that a switch was taken back must not make it: it has to be durable
// before.
constexpr std::int64_t kTooLate = 5 * kMicros;
constexpr std::int64_t kMostSeconds = 1'000'000'000;  // 31 years

// False if it is active already.
bool require_newer(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number) {
  if (!View::record_of(env, txn, number)) {
    throw Error(Code::kNotFound, fmt::format("there is no metaset {}; the latest one is {}", number,
                                             View::latest_number(env, txn)));
  }
  const MetasetNumber active = View::active_number(env, txn);
  if (number == active) return false;
  if (number < active) {
    throw Error(Code::kConflict,
                fmt::format("metaset {} is older than the active one, {}: clients only move "
                            "forward. To undo a release, publish its packages again with newer "
                            "timestamps, or remove them in a new metaset.",
                            number, active));
  }
  require_not_collected(env, txn, number);
  return true;
}

void require_in_time(const Schedule& scheduled, Time moment) {
  if (scheduled.at.micros - moment.micros >= kTooLate) return;
  throw Error(Code::kConflict,
              fmt::format("metaset {} becomes active at {}: it is too late to take that back",
                          scheduled.number, basic_timestamp(scheduled.at)));
}

// If the disk took longer than `taken_back` had time, readers may have made the switch: then it is
// made for good, so that as few clients as possible go back.
void commit_in_time(lmdb::Env& env, lmdb::WriteTxn& txn,
                    const std::optional<Schedule>& taken_back) {
  txn.commit();
  if (!taken_back || now() < taken_back->at) return;
  lmdb::WriteTxn again(env);
  if (View::active_number(env, again) < taken_back->number) {
    put_active(env, again, taken_back->number);
    again.commit();
  }
  throw Error(Code::kConflict, fmt::format("metaset {} became active meanwhile: the disk was too "
                                           "slow to take it back in time",
                                           taken_back->number));
}

void make_catalog_files(Repository& repository, MetasetNumber number) {
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  if (require_newer(env, txn, number)) {
    repository.catalog_files().materialize(View(env, txn, number));
  }
}

}  // namespace

Activation activate(Repository& repository, MetasetNumber number) {
  lmdb::Env& env = repository.committed();
  // The write transaction keeps commits out, which may activate a newer one.
  lmdb::WriteTxn txn(env);
  const MetasetNumber active = View::active_number(env, txn);
  if (!require_newer(env, txn, number)) return {active, active, pending_schedule(env, txn)};
  settle_active(env, txn);
  put_active(env, txn, number);
  const auto scheduled = pending_schedule(env, txn);
  txn.commit();
  return {active, number, scheduled};
}

Activation activate_at(Repository& repository, MetasetNumber number, Time at) {
  if (at <= now()) return activate(repository, number);
  make_catalog_files(repository, number);
  lmdb::Env& env = repository.committed();
  lmdb::WriteTxn txn(env);
  const Time moment = now();  // one for all decisions: it must not become due between two of them
  settle_active(env, txn, moment);
  const auto [active, before] = active_record(env, txn);
  if (!require_newer(env, txn, number)) return {active, active, before};
  const Schedule wanted{number, at};
  if (before == wanted) return {active, active, before};
  if (before) require_in_time(*before, moment);
  put_schedule(env, txn, wanted);
  commit_in_time(env, txn, before);
  return {active, active, wanted};
}

std::optional<Schedule> cancel_activation(Repository& repository) {
  lmdb::Env& env = repository.committed();
  lmdb::WriteTxn txn(env);
  const Time moment = now();
  const auto [active, before] = active_record(env, txn);
  if (!before || moment >= before->at) return std::nullopt;
  require_in_time(*before, moment);
  put_schedule(env, txn, std::nullopt);
  commit_in_time(env, txn, before);
  return before;
}

Time parse_moment(std::string_view text) {
  if (const auto time = parse_iso_timestamp(text)) return *time;
  std::int64_t seconds = -1;
  if (text.starts_with('+')) {
    const std::string_view digits = text.substr(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc() || end != digits.data() + digits.size()) seconds = -1;
  }
  if (seconds < 0 || seconds > kMostSeconds) {
    throw Error(Code::kUsage, fmt::format("'{}' is no time: write it in UTC, as 20261128T020000Z "
                                          "or 2026-11-28T02:00:00Z, or +SECONDS from now",
                                          text));
  }
  return Time{now().micros + seconds * kMicros};
}

}  // namespace metaset::store
