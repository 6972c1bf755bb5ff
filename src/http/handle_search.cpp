// search/0 and search/1 (protocol/search.md sections 1 and 3).
#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "metaset/base/percent.h"
#include "metaset/depot/search.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"

#include "http/handlers.h"
#include "http/search_time.h"

namespace metaset::http {
namespace {

using SearchRequests = std::vector<ips::SearchRequest>;

constexpr std::string_view kFirstLine = "Return from search v1\n";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::size_t kPreviewAnswer = 16 << 20;  // bytes
constexpr std::uint64_t kMaxForm = 1 << 20;       // bytes
constexpr std::size_t kMaxQueries = 100;          // of a request

// Writes lines of results; what is left of the time is for all of the queries.
class SearchAnswer {
 public:
  SearchAnswer(const depot::ReadSession& session, const depot::PublisherFacts& publisher,
               const SearchAllowance& allowance)
      : session_(session), publisher_(publisher), time_(allowance) {}

  // False if the sink wants no more. `format` appends the line of a result.
  template <typename Format>
  bool run(const ips::SearchRequest& request, BodySink& sink, const Format& format) {
    bool wanted = true;
    searching([&] {
      time_.check();
      depot::search(session_.view(), publisher_.publisher.id, request, time_.limits(),
                    [&](const depot::SearchResult& result) {
                      // Waiting for a slow reader takes time too.
                      time_.check();
                      line_.clear();
                      format(result, line_);
                      line_ += '\n';
                      wanted = sink.write(line_);
                      return wanted;
                    });
    });
    return wanted;
  }

 private:
  const depot::ReadSession& session_;
  const depot::PublisherFacts& publisher_;
  SearchTime time_;
  std::string line_;
};

std::string_view without_end_space(std::string_view line) {
  return line.substr(0, line.find_last_not_of(" \t\r\n\v\f") + 1);
}

void append_fmri(const depot::SearchResult& result, std::string& out) {
  out.append("pkg:/").append(result.name).append("@").append(result.version);
}

void append_line_1(std::size_t query, const depot::SearchResult& result, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{} {} ", query, result.package ? 1 : 2);
  append_fmri(result, out);
  if (result.package) return;
  out += ' ';
  out += percent_encode(result.value, true);
  out += ' ';
  out += without_end_space(result.line);
}

// Several values as a list of Python, which the clients of search/0 are used to.
void append_values(const std::vector<std::string>& values, std::string& out) {
  if (values.size() == 1) {
    out += values.front();
    return;
  }
  out += '[';
  for (const std::string& value : values) {
    if (out.back() != '[') out += ", ";
    out += '\'';
    for (const char c : value) {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    out += '\'';
  }
  out += ']';
}

void append_line_0(const depot::SearchResult& result, std::string& out) {
  const ips::Action action = ips::Action::parse(result.line);
  const bool set = action.type() == ips::ActionType::kSet;
  out.append(set ? result.key : result.value).append(" ");
  append_fmri(result, out);
  out.append(" ").append(ips::type_name(action.type())).append(" ");
  if (set) {
    out += result.value;
  } else if (const auto* values = action.values(ips::key_attribute(action.type()))) {
    append_values(*values, out);
  }
}

// The answer of a preview.
class CollectedAnswer : public BodySink {
 public:
  bool write(std::string_view piece) override {
    if (text.size() + piece.size() > kPreviewAnswer) {
      throw StatusError(413,
                        "The answer is too long for a search in a staging area: ask for less.");
    }
    text += piece;
    return true;
  }
  std::string text;
};

// Of a preview the answer is made before it is sent, which takes as long as somebody likes to read.
void answer_with(Exchange& exchange, const depot::ReadSession& session, StreamBody body) {
  if (!session.is_preview()) {
    exchange.response.body = std::move(body);
    return;
  }
  CollectedAnswer answer;
  body.produce(answer);
  if (!answer.text.empty()) {
    exchange.response.body = std::move(answer.text);
    return;
  }
  exchange.response.status = body.status_if_empty;
  if (body.status_if_empty == 204) exchange.response.cache = Cache::kNone;
}

// The publisher that is searched, in the response too; 503 if nothing can be found.
const depot::PublisherFacts& searched_publisher(Exchange& exchange,
                                                const depot::ReadSession& session) {
  const depot::PublisherFacts& publisher =
      session.publishers().named_or_default(exchange.target.publisher());
  require_search_index(session);
  exchange.response.refresh_seconds =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(publisher.refresh_seconds(), 365 * 86400));
  return publisher;
}

bool is_form(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(without_end_space(type), kFormType, {}, lower);
}

std::vector<std::pair<std::string, std::string>> form_of(Exchange& exchange) {
  auto fields = parse_form(exchange.target.query());
  const bool posted = exchange.request.method() == kPost;
  if (!posted || !is_form(exchange.request.param("CONTENT_TYPE"))) return fields;
  for (auto& field : parse_form(exchange.request.read_body(kMaxForm))) {
    fields.push_back(std::move(field));
  }
  return fields;
}

// A query in the path, or fields, whose names do not matter.
std::vector<std::string> queries_of(Exchange& exchange) {
  auto fields = form_of(exchange);
  if (!exchange.target.arguments().empty()) {
    if (!fields.empty()) {
      throw Error(Code::kInvalid,
                  "A query in the path and queries in parameters cannot be together.");
    }
    // Some proxies decode slashes.
    return {exchange.target.joined_arguments()};
  }
  if (fields.empty()) {
    throw Error(Code::kInvalid,
                "There is no query: neither in the path, nor in parameters, nor in a form.");
  }
  if (fields.size() > kMaxQueries) {
    throw Error(Code::kInvalid, fmt::format("There are {} queries; at most {} are allowed.",
                                            fields.size(), kMaxQueries));
  }
  std::set<std::string> names;
  std::vector<std::string> queries;
  for (auto& [name, value] : fields) {
    if (!names.insert(name).second) {
      throw Error(Code::kInvalid, fmt::format("The parameter '{}' is there twice.", name));
    }
    queries.push_back(is_utf8(value) ? std::move(value) : utf8_from_latin1(value));
  }
  return queries;
}

}  // namespace

void handle_search_0(Exchange& exchange) {
  const auto request = std::make_shared<const ips::SearchRequest>(
      ips::SearchRequest::parse_v0(exchange.target.joined_arguments()));
  const depot::ReadSession& session = exchange.state_as<DepotState>().session(exchange);
  const depot::PublisherFacts& publisher = searched_publisher(exchange, session);
  const SearchAllowance allowance(exchange, session);
  const auto produce = [&session, &publisher, allowance, request](BodySink& sink) {
    SearchAnswer(session, publisher, allowance).run(*request, sink, append_line_0);
  };
  answer_with(exchange, session, StreamBody{produce});
}

void handle_search_1(Exchange& exchange) {
  const auto requests = std::make_shared<SearchRequests>();
  for (const std::string& query : queries_of(exchange)) {
    requests->push_back(ips::SearchRequest::parse(query));
  }
  const depot::ReadSession& session = exchange.state_as<DepotState>().session(exchange);
  const depot::PublisherFacts& publisher = searched_publisher(exchange, session);
  const SearchAllowance allowance(exchange, session);
  const auto produce = [&session, &publisher, allowance, requests](BodySink& sink) {
    SearchAnswer answer(session, publisher, allowance);
    // With several queries the line tells that none has results.
    bool begun = requests->size() > 1;
    if (begun && !sink.write(kFirstLine)) return;
    for (std::size_t i = 0; i < requests->size(); ++i) {
      const auto format = [i, &begun](const depot::SearchResult& result, std::string& line) {
        if (!begun) line += kFirstLine;
        begun = true;
        append_line_1(i, result, line);
      };
      if (!answer.run((*requests)[i], sink, format)) return;
    }
  };
  answer_with(exchange, session, StreamBody{produce, 204});
}

}  // namespace metaset::http
