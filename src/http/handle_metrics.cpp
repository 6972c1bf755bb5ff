// What Prometheus asks for: metrics (man/metaset-metrics.5).
#include "metaset/base/error.h"
#include "metaset/depot/repository_metrics.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/http/publish_state.h"
#include "metaset/metrics/exposition.h"

#include "config.h"
#include "http/handlers.h"
#include "http/origin_check.h"

namespace metaset::http {
namespace {

using metrics::Exposition;
using metrics::Note;
using Type = Exposition::Type;

void require_allowed(const Exchange& exchange) {
  const Target& target = exchange.target;
  if (!target.publisher().empty() || !target.arguments().empty() || !target.query().empty()) {
    throw StatusError(404, "Nothing matches the given URI.");
  }
  if (exchange.config.metrics_to == MetricsTo::kAll) return;
  if (comes_from_here(exchange.request) && !is_cross_site(exchange.request)) return;
  throw StatusError(403,
                    "Metrics are shown to clients on the machine of the depot only, unless "
                    "METASET_METRICS_TO says otherwise.");
}

// A repository that is away is no reason not to tell what was counted.
void write_repository(const Exchange& exchange, Exposition& out) {
  auto& state = exchange.state_as<DepotState>();
  bool up = false;
  try {
    depot::ReadSession& session = state.session(exchange);
    depot::write_repository_metrics(session.store(), state.access(), session.view(), out);
    up = true;
  } catch (const Error& error) {
    exchange.log.warning(std::string("metrics without the repository: ") + error.what());
  }
  out.gauge("metaset_repository_up", up ? 1 : 0, "Whether the repository could be read.");
}

void write_group(const Exchange& exchange, const metrics::Snapshot& counted, Exposition& out) {
  if (exchange.config.group.empty()) return;
  group::GateReader gate(exchange.config.group);
  const group::BootTime now = group::boot_now();
  const group::GateLook& look = gate.look(now);
  out.family("metaset_group_phase", Type::kGauge,
             "What the agent lets workers answer: 1 for the phase that it is.");
  using group::Phase;
  for (const auto& [phase, name] :
       {std::pair{Phase::kOpen, "open"}, std::pair{Phase::kHold, "hold"},
        std::pair{Phase::kClosed, "closed"}}) {
    out.sample(std::uint64_t{look.state.phase == phase}, {{"phase", name}});
  }
  out.gauge("metaset_group_metaset", look.state.metaset,
            "Number of the metaset that the group answers from; 0 if there is none now.");
  const auto left = look.answers() ? look.state.valid_until - now : 0;
  out.family("metaset_group_lease_seconds", Type::kGauge,
             "How long workers may still answer if the agent is not heard of any more.");
  out.sample(static_cast<double>(left) / static_cast<double>(group::kSecond));
  if (counted.note(Note::kGroupTime) == 0) return;
  out.gauge("metaset_group_members", counted.note(Note::kGroupMembers),
            "Members that the group is configured to have.");
  out.gauge("metaset_group_members_in", counted.note(Note::kGroupMembersIn),
            "Members that take part in the group.");
  out.gauge("metaset_group_seen_timestamp_seconds", counted.note(Note::kGroupTime),
            "When the agent has seen the state of the group last, in seconds since 1970.");
}

void write_replication(const metrics::Snapshot& counted, Exposition& out) {
  if (counted.note(Note::kReplicationTime) == 0) return;
  out.gauge("metaset_replication_source_metaset", counted.note(Note::kReplicationSource),
            "Number of the newest metaset that is to be replicated.");
  out.gauge("metaset_replication_lag_metasets", counted.note(Note::kReplicationLag),
            "Metasets that were still missing when the source was asked last.");
  out.gauge("metaset_replication_timestamp_seconds", counted.note(Note::kReplicationTime),
            "When the source was asked last, in seconds since 1970.");
}

}  // namespace

void handle_metrics(Exchange& exchange) {
  require_allowed(exchange);
  const metrics::Snapshot counted = metrics::CountersFile(exchange.config.metrics).read();
  Exposition out;
  out.family("metaset_build_info", Type::kGauge, "The version of metaset.");
  out.sample(std::uint64_t{1}, {{"version", PACKAGE_VERSION}});
  metrics::write_counters(counted, out);
  write_repository(exchange, out);
  write_group(exchange, counted, out);
  write_replication(counted, out);
  exchange.response.content_type = metrics::kExpositionType;
  exchange.response.body = out.take();
}

}  // namespace metaset::http
