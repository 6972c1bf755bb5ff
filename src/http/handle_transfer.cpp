// What replicas ask for (metaset replicate; a part of api/1).
//
//   GET api/1/transfer ?after=NUMBER   what there is to be had (depot/transfer_offer.h)
//   GET api/1/transfer/NUMBER          the transfer record of a metaset (store/metaset_transfer.h)
//   GET api/1/manifest/SHA-256         a manifest by the digest of its text
//
// Records of collected metasets are given too: the chain of digests goes through them.
// METASET_TRANSFER says how far they go; who may see every staging area of metaset-publish gets
// all, because what is held is what comes after them.
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"
#include "metaset/depot/transfer_offer.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/http/negotiate.h"
#include "metaset/store/metaset_transfer.h"

#include "http/api_members.h"
#include "http/handlers.h"
#include "http/publisher_access.h"

namespace metaset::http {
namespace {

constexpr int kTransferLevel = 1;  // made for each request

std::optional<store::MetasetNumber> metaset_number(std::string_view text) {
  store::MetasetNumber number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The last metaset that this request may have.
store::MetasetNumber last_offered(const Exchange& exchange, const store::View& view) {
  const Config& config = exchange.config;
  const bool all = config.transfer == Transfer::kAll || may_transfer(exchange);
  if (!all) {
    const bool shown = config.view.empty() && config.past_views == PastViews::kAll;
    if (config.transfer == Transfer::kNone || !shown) {
      throw StatusError(404, "Metasets are not given to replicas here (METASET_TRANSFER).");
    }
  }
  return all ? store::View::latest_number(view.env(), view.txn())
             : store::View::active_number(view.env(), view.txn());
}

void answer_record(Exchange& exchange, const store::View& view, std::string_view name) {
  const auto number = metaset_number(name);
  if (!number || *number == 0) {
    throw Error(Code::kInvalid, fmt::format("'{}' is not the number of a metaset.", name));
  }
  const auto last = last_offered(exchange, view);
  if (*number > last) {
    throw StatusError(404, fmt::format("Metasets up to {} are given to replicas here.", last));
  }
  const store::View there = view.at(*number);
  std::string record = store::transfer_record(there);
  Response& response = exchange.response;
  response.content_type = "application/octet-stream";
  response.etag = to_hex(there.record().digest);
  if (accepts_gzip(exchange.request[Param::kAcceptEncoding])) {
    const std::uint64_t size = record.size();
    response.body = GzipBody{gzip(record, kTransferLevel), size};
  } else {
    response.body = std::move(record);
  }
}

}  // namespace

void api_transfer(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  const store::View& view = exchange.state_as<DepotState>().session(exchange).view();
  if (arguments.size() > 1) return answer_record(exchange, view, arguments[1].text);
  store::MetasetNumber after = 0;
  if (const auto text = form_value(exchange.target.query(), "after")) {
    const auto number = metaset_number(*text);
    if (!number) throw Error(Code::kInvalid, fmt::format("after is '{}': no number.", *text));
    after = *number;
  }
  rapidjson::Document document = depot::transfer_offer_json(
      depot::transfer_offer(view.env(), view.txn(), last_offered(exchange, view), after));
  answer_json(exchange, document);
}

void api_manifest(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  const std::string_view name = arguments.size() > 1 ? arguments[1].text : std::string_view();
  const auto digest = sha256_from_hex(name);
  if (!digest) throw Error(Code::kInvalid, fmt::format("'{}' is not a SHA-256 in hex.", name));
  const auto stored = exchange.state_as<DepotState>().session(exchange).view().manifest(*digest);
  if (!stored) throw StatusError(404, "There is no manifest with this SHA-256.");
  Response& response = exchange.response;
  response.cache = Cache::kImmutable;
  response.etag = to_hex(*digest);
  if (stored->is_gzip) {
    response.body = GzipBody{std::string(stored->bytes), stored->size};
  } else {
    response.body = std::string(stored->bytes);
  }
}

}  // namespace metaset::http
