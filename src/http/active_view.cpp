#include "metaset/http/active_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/http/error_page.h"
#include "metaset/http/gateway.h"
#include "metaset/http/routes.h"

#include "http/freshness.h"

namespace metaset::http {
namespace {

constexpr group::BootTime kMemoryCheck = 1 * group::kSecond;
// However long the agent means a hold to be: less than web servers wait for.
constexpr group::BootTime kLongestHold = 30 * group::kSecond;
constexpr std::size_t kMostFiles = 64;
// A gate that changes with each look.
constexpr int kGateTries = 16;

enum class Asked { kOther, kAttrs, kPart };

Asked what_is_asked(const Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (exchange.route.operation != "catalog" || exchange.route.version != "1" || arguments.empty()) {
    return Asked::kOther;
  }
  if (arguments[0].text != "catalog.attrs") return Asked::kPart;
  return exchange.request.method() == kGet ? Asked::kAttrs : Asked::kOther;
}

StatusError not_now() {
  return StatusError(504, "This depot does not take part in its group right now.")
      .with_header("Cache-Control", "no-store");
}

StatusError too_late() {
  return StatusError(504, "This depot did not answer in time: another one is asked meanwhile.")
      .with_header("Cache-Control", "no-store");
}

// The same client, whichever kind of socket it came through.
std::string_view plain_address(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  return address.starts_with(kMapped) ? address.substr(kMapped.size()) : address;
}

// Shows a metaset that others have already, which the snapshot may be too old for.
bool show(depot::ReadSession& session, std::uint64_t metaset) {
  if (session.try_select(metaset)) return true;
  session.begin();
  return session.try_select(metaset);
}

bool has_publisher(const Exchange& exchange, const depot::ReadSession& session) {
  const std::string_view prefix = exchange.target.publisher();
  return prefix.empty() || session.publishers().find(prefix) != nullptr;
}

}  // namespace

struct ActiveView::Client {
  group::ClientMemory* memory;
  group::ClientKey key;
};

group::GateReader* ActiveView::gate(const Config& config) {
  if (config.group.empty()) return nullptr;
  // More than locations have: a parameter varies with the request.
  if (gates_.size() >= kMostFiles && !gates_.contains(config.group)) gates_.clear();
  return &gates_.try_emplace(config.group, config.group).first->second;
}

group::ClientMemory* ActiveView::memory(const Exchange& exchange, group::BootTime now) {
  const Config& config = exchange.config;
  if (config.memory.empty()) return nullptr;
  if (known_.size() >= kMostFiles && !known_.contains(config.memory)) known_.clear();
  Known& known = known_[config.memory];
  if (known.checked == 0 || now - known.checked >= kMemoryCheck) {
    known.memory = memories_.get(config, exchange.log);
    known.checked = now;
  }
  return known.memory.get();
}

// nullopt if nothing is remembered of anybody, or the request does not say who asks.
std::optional<ActiveView::Client> ActiveView::client_of(const Exchange& exchange,
                                                        const group::Secret* secret) {
  const std::string_view address = plain_address(exchange.request.param("REMOTE_ADDR"));
  const std::string_view uuid = exchange.request.param("HTTP_X_IPKG_UUID");
  if (address.empty() && uuid.empty()) return std::nullopt;
  group::ClientMemory* const memory = this->memory(exchange, group::boot_now());
  if (memory == nullptr) return std::nullopt;
  return Client{memory, group::client_key(secret != nullptr ? *secret : memory->secret(), address,
                                          uuid, exchange.target.publisher())};
}

// Waits while it holds.
const group::GateLook& ActiveView::pass(const Exchange& exchange, depot::ReadSession& session,
                                        group::GateReader& gate, Freshness& freshness) {
  const group::GateLook* look = &gate.look();
  if (look->answers()) return *look;
  if (look->state.phase == group::Phase::kHold) {
    session.end();
    const Waiting waiting(exchange.request.gateway());
    const group::BootTime longest = group::boot_now() + kLongestHold;
    while (look->state.phase == group::Phase::kHold) {
      const auto until = std::min({longest, look->state.hold_until, look->state.valid_until});
      if (group::boot_now() >= until) throw not_now();
      freshness.held_until(until);
      gate.wait(look->sequence, until);
      look = &gate.look();
    }
  }
  if (!look->answers()) throw not_now();
  if (!session.begun()) session.begin();
  return *look;
}

void ActiveView::choose(const Exchange& exchange, depot::ReadSession& session) {
  const Asked asked = what_is_asked(exchange);
  group::GateReader* const gate = this->gate(exchange.config);
  if (gate == nullptr && asked == Asked::kOther) return;
  Freshness freshness(exchange.request, gate != nullptr);
  if (gate != nullptr && asked == Asked::kAttrs && !freshness.lasts()) throw too_late();
  for (int i = 0; i < kGateTries; ++i) {
    const group::GateLook* const look =
        gate != nullptr ? &pass(exchange, session, *gate, freshness) : nullptr;
    const std::uint64_t newest = look != nullptr ? look->state.metaset : session.view().number();
    std::optional<Client> client;
    if (asked != Asked::kOther) {
      client = client_of(exchange, look != nullptr ? &look->state.secret : nullptr);
    }
    if (client && asked == Asked::kPart) return answer_part(exchange, *client, newest, session);
    if (!client) {
      if (show(session, newest)) return;
      throw not_now();
    }
    const std::uint64_t change = look != nullptr ? look->change : 0;
    const std::uint64_t given = metaset_to_give(*client, newest, look, freshness, session);
    if (!show(session, given)) throw not_now();
    if (!has_publisher(exchange, session)) return;  // that is all the client will hear
    // As of before the look whether the client waits: what it gets elsewhere afterwards is newer.
    const group::BootTime when = group::boot_now();
    if (!freshness.lasts()) throw too_late();
    if (gate == nullptr) return client->memory->note_forward(client->key, given, when);
    client->memory->note(client->key, given, when);
    // Who announced it has told them already.
    if (!look->state.peers.empty()) announcer_.tell(look->state, client->key, given);
    // An agent that holds reads the memory afterwards: what was noted before this look is in it.
    const group::GateLook& again = gate->look();
    if (again.answers() && again.change == change) return;
  }
  throw not_now();
}

void ActiveView::answer_part(const Exchange& exchange, const Client& client, std::uint64_t newest,
                             depot::ReadSession& session) {
  const auto prior = client.memory->find(client.key, group::boot_now());
  if (prior && prior->metaset == group::kUnsettled && !exchange.config.group.empty()) {
    throw not_now();  // other members know
  }
  if (prior && prior->metaset < newest && session.try_select(prior->metaset) &&
      has_publisher(exchange, session)) {
    return;
  }
  if (!show(session, newest)) throw not_now();
}

// Whose attrs the client gets: the newest ones if all members know of it.
std::uint64_t ActiveView::metaset_to_give(const Client& client, std::uint64_t newest,
                                          const group::GateLook* look, const Freshness& freshness,
                                          depot::ReadSession& session) {
  if (look == nullptr || look->state.peers.empty()) return newest;
  const auto prior = client.memory->find(client.key, group::boot_now(), group::kLongMemory);
  const bool unsettled = prior && prior->metaset == group::kUnsettled;
  if (!prior || (prior->metaset >= newest && !unsettled)) return newest;
  session.end();
  const bool known = announcer_.announce(look->state, client.key, prior->metaset, newest,
                                         [&freshness] { return freshness.lasts(); });
  if (!known && unsettled) throw not_now();
  session.begin();
  return known ? newest : prior->metaset;
}

std::string ActiveView::trouble(const Exchange& exchange, depot::ReadSession& session) {
  group::GateReader* const gate = this->gate(exchange.config);
  if (gate == nullptr) return {};
  const group::BootTime now = group::boot_now();
  const group::GateLook& look = gate->look(now);
  if (!look.reason.empty()) {
    return fmt::format("This depot does not take part in its group right now: {}.", look.reason);
  }
  if (look.answers() && !show(session, look.state.metaset)) {
    return fmt::format("This depot does not have metaset {} of its group.", look.state.metaset);
  }
  if (look.state.phase == group::Phase::kHold && now >= look.state.hold_until) {
    return "This depot was held for too long.";
  }
  return {};
}

}  // namespace metaset::http
