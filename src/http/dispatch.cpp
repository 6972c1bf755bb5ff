// Errors become statuses here, and only here.
#include "metaset/http/dispatch.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "metaset/base/json.h"
#include "metaset/base/random.h"

#include "http/past_views.h"
#include "http/reply.h"
#include "http/stream_writer.h"

namespace metaset::http {
namespace {

constexpr std::string_view kErrorType = "text/html; charset=utf-8";
constexpr std::string_view kSearch = "search";
constexpr std::string_view kFile = "file";

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// As the original reads it: a sign is allowed, and makes it an unknown version.
bool is_integer(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return is_digits(text);
}

std::string allowed_methods(unsigned methods) {
  std::string list;
  for (const auto& [method, name] : {std::pair{kGet, "GET"}, std::pair{kHead, "HEAD"},
                                     std::pair{kPost, "POST"}, std::pair{kPut, "PUT"}}) {
    if ((methods & method) == 0) continue;
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

bool hides_details(int status) { return status >= 500 && status != 504; }

}  // namespace

// Clients retry 404, 408, 502 and 504, and take every other status as final (protocol/http.md
// section 2.2): so what may work again soon is 504, never 503 or 500. They print the text of a 400
// only, so a publisher is told with a 400 what to do about it, also that the disk is full.
int status_of(Code code, bool publication) {
  switch (code) {
    case Code::kInvalid:
    case Code::kUsage:
      return 400;
    case Code::kNotFound:
      return publication ? 400 : 404;
    case Code::kExists:
    case Code::kConflict:
      return publication ? 400 : 409;
    case Code::kLimit:
      return publication ? 400 : 413;
    case Code::kNoSpace:
      return publication ? 400 : 507;
    case Code::kDenied:
      return 403;
    case Code::kUnavailable:
      return 504;
    case Code::kCorrupt:
    case Code::kIo:
    case Code::kInternal:
      return 500;
  }
  return 500;
}

Dispatcher::Dispatcher(std::span<const Route> table, const Route& pages, Role role,
                       std::unique_ptr<ThreadState> state, const Logger& log)
    : table_(table), pages_(pages), role_(role), state_(std::move(state)), log_(log) {}

std::vector<std::string> operation_names(std::span<const Route> table) {
  std::vector<std::string> names;
  for (const Route& route : table) {
    names.push_back(std::string(route.operation) + (route.version.empty() ? "" : "/"));
    names.back() += route.version;
  }
  names.emplace_back("pages");
  names.emplace_back("none");
  return names;
}

void Dispatcher::handle(Gateway& gateway) noexcept {
  std::optional<Call> call;
  try {
    call.emplace(gateway, log_);
  } catch (const std::exception& failure) {  // out of memory
    gateway.abort();
    log_.try_log(Level::kError, "a request could not be read", failure.what());
    return;
  }
  serve(*call, gateway);
  if (call->counters != nullptr) count(*call);
}

// In the order of operation_names().
void Dispatcher::count(Call& call) const noexcept {
  using std::chrono::duration_cast, std::chrono::nanoseconds;
  const std::size_t pages = table_.size();
  call.finished.operation = call.route == nullptr ? pages + 1
                            : call.route == &pages_
                                ? pages
                                : static_cast<std::size_t>(call.route - table_.data());
  call.finished.received = call.request.received();
  const auto passed = std::chrono::steady_clock::now() - call.began;
  call.finished.nanoseconds =
      static_cast<std::uint64_t>(duration_cast<nanoseconds>(passed).count());
  call.counters->end(call.finished);
}

void Dispatcher::serve(Call& call, Gateway& gateway) noexcept {
  // It still points into the environment of the request before, which may fail before it is parsed.
  target_.clear();
  try {
    if (!prepare(call)) return;
    std::optional<Reply> reply;
    attempt(call, [&] { reply.emplace(call.request, call.config, call.response, call.cache); });
    // The second time it is an error page, which reads no files.
    if (!reply) reply.emplace(call.request, call.config, call.response, call.cache);
    call.finished.status = reply->status();
    call.finished.sent = reply->sent();
    call.finished.handed_over = reply->handed_over();
    reply->transmit(gateway);
  } catch (const std::exception& failure) {
    // Too late for a status: the peer is gone, or must notice that the body is not whole.
    gateway.abort();
    call.finished.status = metrics::kBroken;
    const auto* error = dynamic_cast<const Error*>(&failure);
    const bool peer_is_gone = error != nullptr && error->code() == Code::kIo;
    log_broken(call, peer_is_gone ? Level::kInfo : Level::kError, failure.what());
  }
}

void Dispatcher::log_broken(const Call& call, Level level, const char* why) noexcept {
  try {
    call.log.try_log(
        level, fmt::format("{} {}", call.request.method_name(), call.request[Param::kUri]), why);
  } catch (const std::exception&) {  // out of memory: nobody is told
  }
}

bool Dispatcher::prepare(Call& call) {
  struct EndOfRequest {
    ThreadState& state;
    ~EndOfRequest() { state.end_request(); }
  } const end{*state_};
  attempt(call, [&] { answer(call); });
  if (!std::holds_alternative<StreamBody>(call.response.body)) return true;
  const StreamBody body = std::move(std::get<StreamBody>(call.response.body));
  return !stream(call, body);
}

// True if the answer has left; else it is in the response now. Failures after its beginning left
// are thrown.
bool Dispatcher::stream(Call& call, const StreamBody& body) {
  StreamWriter writer(call.request, [&call] {
    return Reply(call.request, call.config, call.response, call.cache).head();
  });
  std::exception_ptr broken;
  attempt(call, [&] {
    try {
      body.produce(writer);
      if (writer.finish()) return;
      std::string text = writer.take();
      if (text.empty()) {
        call.response.status = body.status_if_empty;
        if (body.status_if_empty == 204) call.cache = Cache::kNone;
      }
      call.response.body = std::move(text);
      if (call.response.status == 204) call.response.body = std::monostate();
    } catch (...) {
      if (!writer.started()) throw;
      broken = std::current_exception();
    }
  });
  call.finished.sent = writer.sent();
  call.finished.status = call.response.status;
  if (broken) std::rethrow_exception(broken);
  return writer.started();
}

template <typename Step>
void Dispatcher::attempt(Call& call, Step step) {
  try {
    step();
  } catch (const StatusError& error) {
    fail(call, error.status(), error.message());
    for (const auto& [name, value] : error.headers()) call.response.add_header(name, value);
  } catch (const Error& error) {
    const int status = call.misconfigured ? 500 : status_of(error.code(), call.writes && !is_api());
    if (call.misconfigured || hides_details(status)) {
      // Publishers are known people, and want to know what failed.
      const bool tells = call.misconfigured || (call.writes && error.code() == Code::kIo);
      report(call, status, error.what(), tells ? error.message() : "");
    } else {
      if (error.code() == Code::kNoSpace) call.log.error(error.what());
      fail(call, status, error.message());
    }
  } catch (const std::exception& error) {
    report(call, 500, error.what(), "");
  }
}

void Dispatcher::fail(Call& call, int status, std::string_view message) const {
  call.response.clear();
  call.response.status = status;
  if (is_api()) {
    call.response.content_type = kJsonType;
    call.response.body = fmt::format("{{\n  \"error\": {}\n}}\n", json_string(message));
  } else {
    call.response.content_type = kErrorType;
    call.response.body = error_page(status, message);
  }
  call.cache = Cache::kNone;
}

// What went wrong is for the log; the page has a reference to it, or the message if that is for who
// asks.
void Dispatcher::report(Call& call, int status, std::string_view what, std::string_view message) {
  const std::string_view id = call.request[Param::kRequestId].substr(0, kMaxRequestId);
  const std::string reference = id.empty() ? fmt::format("{:x}-{:x}-{:08x}", now().seconds(),
                                                         ::getpid(), random_number() & 0xffff'ffff)
                                           : std::string(id);
  call.log.error(fmt::format("{} {} {}: {}{}", status, call.request.method_name(),
                             call.request[Param::kUri], what,
                             id.empty() ? " (reference " + reference + ")" : ""));
  // Who has set up the location reads the web server's log.
  if (call.misconfigured) call.request.gateway().tell_web_server(what);
  fail(call, status,
       message.empty() ? fmt::format("The depot could not do this. Its log has the details under "
                                     "the reference {}.",
                                     reference)
                       : std::string(message));
}

void Dispatcher::answer(Call& call) {
  const Request& request = call.request;
  call.misconfigured = true;
  call.config = &configs_.get(request);
  call.misconfigured = false;
  call.counters = state_->counters(*call.config, call.log, call.began);
  if (call.counters != nullptr) call.counters->begin();
  const Config& config = *call.config;
  const std::string_view uri = request[Param::kUri];
  target_.parse(uri, config.has_base ? config.base
                                     : script_base(request[Param::kScriptName],
                                                   request[Param::kPathInfo], uri));
  const Route& route = choose(call);
  call.cache = route.cache;
  call.route = &route;
  Exchange exchange{call.request, target_,  config, route, call.response,
                    *state_,      call.log, table_, role_};
  check_view(call, exchange);
  check_prefix(exchange);
  (call.writes ? route.write_handler : route.handler)(exchange);
  if (call.response.cache) call.cache = *call.response.cache;
  call.cache = cache_of_view(call.cache);
}

// The order of protocol/http.md section 1.4.
const Route& Dispatcher::choose(Call& call) const {
  const std::string_view operation = target_.operation();
  const std::string_view version = target_.version();
  const Config& config = *call.config;
  if (operation.empty()) return check_method(call, pages_);
  const auto offered = [&](const Route& route) {
    return route.operation == operation && is_offered(route, config, role_);
  };
  if (std::ranges::none_of(table_, offered)) {
    throw StatusError(404, "Operation not supported in current server mode.");
  }
  if (has_version(operation)) {
    if (version.empty()) throw StatusError(400, "Missing version");
    if (!is_integer(version)) throw StatusError(400, "Non-integer version");
  }
  const auto route = std::ranges::find_if(table_, [&](const Route& candidate) {
    return offered(candidate) && candidate.version == version;
  });
  if (route == table_.end()) {
    throw StatusError(
        404, fmt::format("Version '{}' not supported for operation '{}'", version, operation));
  }
  return check_method(call, *route);
}

const Route& Dispatcher::check_method(Call& call, const Route& route) const {
  const Method method = call.request.method();
  const bool can_write = route.write_handler != nullptr && publishes(*call.config, role_);
  if (route.handler != nullptr && (route.read & method) != 0) return route;
  if ((route.write & method) != 0) {
    if (can_write) {
      call.writes = true;
      return route;
    }
    // What the original says in read-only mode: no transaction can be open here.
    const std::span<const Segment> arguments = target_.arguments();
    throw StatusError(400, fmt::format("No transaction matching '{}' could be found.",
                                       arguments.empty() ? "" : arguments[0].text));
  }
  const unsigned methods =
      (route.handler != nullptr ? route.read : 0U) | (can_write ? route.write : 0U);
  throw StatusError(405, fmt::format("{} is not allowed", call.request.method_name()))
      .with_header("Allow", allowed_methods(methods));
}

void Dispatcher::check_view(const Call& call, const Exchange& exchange) const {
  const Config& config = exchange.config;
  if (target_.view() == View::kMetaset) require_past_views(config);
  if (call.writes && (target_.view() == View::kMetaset || !config.view.empty())) {
    throw StatusError(400, "A metaset cannot be changed: publish to a staging area.");
  }
  const unsigned needed = target_.view() == View::kMetaset   ? kPastViews
                          : target_.view() == View::kStaging ? kStagedViews
                                                             : kNoViews;
  if ((exchange.route.views & needed) != needed) {
    throw StatusError(404, "Operation not supported below a view of another metaset.");
  }
}

// A metaset never changes, so what is found by its number may be kept; an area changes at any time.
Cache Dispatcher::cache_of_view(Cache cache) const {
  if (cache == Cache::kNone || cache == Cache::kNever || cache == Cache::kBrief ||
      cache == Cache::kPage)
    return cache;
  const bool by_name = target_.operation() == kFile;
  if (target_.view() == View::kStaging) return by_name ? cache : Cache::kRevalidate;
  const bool pinned = target_.view() == View::kMetaset && is_digits(target_.view_name());
  return pinned ? Cache::kImmutable : cache;
}

void Dispatcher::check_prefix(const Exchange& exchange) const {
  // The web server may have resolved ".." and checked the access rules of another path than ours.
  if (target_.has_dots() && exchange.route.operation != kSearch) {
    throw Error(Code::kNotFound, "Nothing matches the given URI: it has a '.' or '..' segment.");
  }
  const std::string_view publisher = target_.publisher();
  if (exchange.route.prefix == Prefix::kAny || publisher.empty()) return;
  if (!state_->knows_publisher(exchange, publisher)) {
    throw StatusError(400, fmt::format("Unknown publisher: {}", publisher));
  }
}

}  // namespace metaset::http
