// Publication: open to abandon (protocol/http.md sections 7.2 to 7.8).
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"
#include "metaset/http/error_page.h"
#include "metaset/http/publish_state.h"
#include "metaset/pkg5/ini.h"

#include "http/handlers.h"
#include "http/publisher_access.h"

namespace metaset::http {
namespace {

constexpr std::array kMayPublish = {store::Right::kPublish};
constexpr std::array kMayCommit = {store::Right::kCommit, store::Right::kActivate};
constexpr std::string_view kAttributePrefix = "X-IPkg-SetAttr";

// The id as it was given out. Proxies change the spelling of URIs, so it is made again from what
// the spelling means.
std::string transaction_id(const Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (arguments.empty()) return {};
  const std::string_view text = arguments[0].text;
  const std::size_t line = text.find('_');
  if (line == std::string_view::npos) return std::string(arguments[0].raw);
  return fmt::format("{}_{}", text.substr(0, line), percent_encode(text.substr(line + 1)));
}

std::string first_argument(const Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  return arguments.empty() ? std::string() : std::string(arguments[0].text);
}

unsigned number_of(std::string_view header) {
  header.remove_prefix(kAttributePrefix.size());
  unsigned number = 0;
  std::from_chars(header.data(), header.data() + header.size(), number);
  return number;
}

// Clients send UTF-8. What is none is read as ISO-8859-1 (protocol/http.md section 2.1).
std::string header_text(std::string_view value) {
  return is_utf8(value) ? std::string(value) : utf8_from_latin1(value);
}

// X-IPkg-SetAttr<N>: name=value, in the order of N. A value that looks like a Python list is one.
depot::Publication::Attributes attributes_of(const Request& request) {
  depot::Publication::Attributes attributes;
  auto headers = request.headers(kAttributePrefix);
  std::ranges::stable_sort(headers, {}, [](const auto& header) { return number_of(header.first); });
  for (const auto& [name, bytes] : headers) {
    const std::string value = header_text(bytes);
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(Code::kInvalid,
                  fmt::format("The specified Action attribute, '{}', is not valid.", value));
    }
    const std::string_view text = std::string_view(value).substr(equals + 1);
    std::vector<std::string> values{std::string(text)};
    if (text.starts_with('[') && text.ends_with(']')) {
      auto list = pkg5::parse_python_list(text);
      if (!list) {
        throw Error(Code::kInvalid,
                    fmt::format("The specified Action attribute value, '{}', is not valid.", text));
      }
      values = *std::move(list);
    }
    attributes.emplace_back(value.substr(0, equals), std::move(values));
  }
  return attributes;
}

depot::BodyReader body_of(Exchange& exchange) {
  return
      [&exchange](char* buffer, std::size_t size) { return exchange.request.read(buffer, size); };
}

depot::Publication& publication_of(Exchange& exchange) {
  return exchange.state_as<PublishState>().publication(exchange).publication();
}

// A prefix that names a known publisher says nothing about the package (protocol/http.md section
// 1.1); another one can only be meant as the name of a new publisher (section 1.4).
depot::Publication::NewTransaction wanted_of(const Exchange& exchange) {
  std::string prefix(exchange.target.publisher());
  if (!prefix.empty() && exchange.state.knows_publisher(exchange, prefix)) prefix.clear();
  return {first_argument(exchange), std::string(exchange.request.header("Client-Release")),
          std::move(prefix)};
}

void answer_opened(Exchange& exchange, const depot::TransactionRecord& record) {
  exchange.response.add_header("Transaction-ID", record.id);
}

// Whether the package belongs into the catalog at once. Missing: yes.
bool is_for_catalog(const Request& request) {
  constexpr std::string_view kName = "X-IPkg-Add-To-Catalog";
  const std::string_view text = request.header(kName);
  if (text.empty()) return true;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(Code::kInvalid, fmt::format("{} is '{}': it must be an integer.", kName, text));
  }
  return number != 0;
}

}  // namespace

void handle_open(Exchange& exchange) {
  depot::Publication& publication = publication_of(exchange);
  ips::Fmri fmri = publication.requested_fmri(wanted_of(exchange));
  const auto caller = publisher_access(exchange, kMayPublish, fmri.publisher);
  answer_opened(exchange, publication.open(caller, std::move(fmri)));
}

void handle_append(Exchange& exchange) {
  depot::Publication& publication = publication_of(exchange);
  const ips::Fmri fmri = publication.requested_fmri(wanted_of(exchange));
  const auto caller = publisher_access(exchange, kMayPublish, fmri.publisher);
  answer_opened(exchange, publication.append(caller, fmri));
}

void handle_add(Exchange& exchange) {
  const std::string id = transaction_id(exchange);
  const auto arguments = exchange.target.arguments();
  publication_of(exchange).add(transaction_access(exchange, id), id,
                               arguments.size() < 2 ? std::string_view() : arguments.back().text,
                               attributes_of(exchange.request), body_of(exchange));
}

void handle_upload(Exchange& exchange) {
  const std::string id = transaction_id(exchange);
  const auto caller = transaction_access(exchange, id);
  std::optional<std::string> basename;
  for (auto& [name, values] : attributes_of(exchange.request)) {
    if (name == "basename") basename = values.empty() ? std::string() : values.front();
  }
  publication_of(exchange).upload(caller, id, basename, body_of(exchange));
}

void handle_manifest_upload(Exchange& exchange) {
  const std::string id = transaction_id(exchange);
  const auto caller = transaction_access(exchange, id);
  const std::string body = exchange.request.read_body(depot::kMaxUploadedManifest);
  publication_of(exchange).add_manifest(caller, id, body);
}

void handle_close(Exchange& exchange) {
  using When = depot::Publication::When;
  const std::string id = transaction_id(exchange);
  const bool listed = is_for_catalog(exchange.request);
  const bool immediate = listed && closes_immediately(exchange);
  const auto caller =
      immediate ? transaction_access(exchange, id, kMayCommit) : transaction_access(exchange, id);
  depot::Transaction closed =
      publication_of(exchange).close(caller, id, immediate ? When::kImmediate : When::kStage);
  exchange.response.add_header("Package-FMRI", closed.record().fmri.text());
  exchange.response.add_header("State", "PUBLISHED");
  exchange.state_as<PublishState>().remove_after_reply(std::move(closed));
}

void handle_abandon(Exchange& exchange) {
  const std::string id = transaction_id(exchange);
  publication_of(exchange).abandon(transaction_access(exchange, id), id);
}

}  // namespace metaset::http
