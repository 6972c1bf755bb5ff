// Immutable things by their full name: manifests and payloads (protocol/http.md sections 5.3
// to 5.5).
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/fmri_argument.h"
#include "metaset/depot/manifest.h"
#include "metaset/depot/payload.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/store/layout.h"

#include "http/handlers.h"

namespace metaset::http {
namespace {

// While a repository is being replaced its payloads are gone for a moment. "Not found" would be a
// lie then; 504 makes clients try again.
void require_repository(const Exchange& exchange) {
  if (!store::Repository::is_repository(exchange.config.root)) {
    throw Error(Code::kUnavailable, "The repository is not there at the moment.");
  }
}

// What is missing here may be elsewhere while this depot is behind its group: clients ask the next
// one then.
void require_part_in_group(Exchange& exchange) {
  if (exchange.config.group.empty()) return;
  const std::string trouble = exchange.state_as<DepotState>().trouble(exchange);
  if (trouble.empty()) return;
  throw StatusError(504, trouble).with_header("Cache-Control", "no-store");
}

depot::Manifest stored_manifest(Exchange& exchange, const depot::ReadSession& session,
                                const ips::Fmri& fmri) {
  try {
    return depot::find_manifest(session.view(), session.publishers(), exchange.target.publisher(),
                                fmri);
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) require_part_in_group(exchange);
    throw;
  }
}

depot::Payload payload_of(Exchange& exchange) {
  auto& state = exchange.state_as<DepotState>();
  ++state.counters().file;
  const depot::ReadSession& session = state.session(exchange);
  const auto arguments = exchange.target.arguments();
  const std::string_view name = arguments.empty() ? std::string_view() : arguments[0].text;
  try {
    return depot::find_payload(session.view(), session.publishers(), session.store().payloads(),
                               exchange.target.publisher(), name);
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) {
      require_repository(exchange);
      require_part_in_group(exchange);
    }
    throw;
  }
}

void answer_payload(Exchange& exchange, const depot::Payload& payload) {
  Response& response = exchange.response;
  response.content_type = "application/data";
  // The tag that nginx makes for the same file.
  response.etag = fmt::format("{:x}-{:x}", payload.last_modified.seconds(), payload.size);
  response.last_modified = payload.last_modified;
  // Never coded: the gzip file is the entity, and clients check its hash.
  response.body = FileBody{store::payload_path(payload.name), {}, payload.size};
}

}  // namespace

void handle_manifest(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (arguments.empty()) throw StatusError(403, std::string(depot::kNoListing));
  auto& state = exchange.state_as<DepotState>();
  ++state.counters().manifests;
  const depot::ReadSession& session = state.session(exchange);
  const std::string_view prefix = exchange.target.publisher();
  const ips::Fmri fmri = depot::parse_package_argument(
      depot::repair_argument(arguments[0].text, exchange.target.joined_arguments(),
                             session.publishers()),
      prefix);
  std::optional<depot::Manifest> staged = state.staged_manifest(exchange, fmri);
  depot::Manifest manifest = staged ? *std::move(staged) : stored_manifest(exchange, session, fmri);
  Response& response = exchange.response;
  response.etag = to_hex(manifest.sha1);
  response.last_modified = manifest.last_modified;
  if (manifest.is_gzip) {
    response.body = GzipBody{std::move(manifest.bytes), manifest.size};
  } else {
    response.body = std::move(manifest.bytes);
  }
}

void handle_file(Exchange& exchange) { answer_payload(exchange, payload_of(exchange)); }

// Who publishes asks so as not to send it.
static void require_promise(depot::OpenRepository& repository, const depot::Payload& payload) {
  const bool may_publish = !repository.env().read_only();
  if (may_publish && !repository.store().payloads().promise(payload.name)) {
    throw StatusError(404, depot::no_payload_message(payload.name));
  }
}

void handle_file_2(Exchange& exchange) {
  const depot::Payload payload = payload_of(exchange);
  answer_payload(exchange, payload);
  if (exchange.request.method() != kHead) return;
  depot::OpenRepository& repository =
      exchange.state_as<DepotState>().session(exchange).repository();
  require_promise(repository, payload);
  const store::CompressedFacts facts =
      repository.compressed_facts().get(repository.store().payloads(), payload);
  exchange.response.add_header("X-Ipkg-Attr-0", depot::chash_attribute(facts));
  exchange.response.add_header("X-Ipkg-Attr-1", depot::content_hash_attribute(facts));
  exchange.response.cache = Cache::kProbe;
}

}  // namespace metaset::http
