#include "metaset/net/http_client.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include <curl/curl.h>

#include "metaset/base/error.h"

#include "config.h"
#include "net/http_stream.h"
#include "net/http_transfer.h"
#include "net/http_url.h"

namespace metaset::net {
namespace {

// Of a payload much may come at once: libcurl's own buffer would take sixteen times as many calls.
constexpr long kLargeBuffer = 256 << 10;

void require_curl() {
  struct Global {
    Global() : result(curl_global_init(CURL_GLOBAL_DEFAULT)) {}
    ~Global() { curl_global_cleanup(); }
    CURLcode result;
  };
  static const Global global;
  if (global.result != CURLE_OK) throw Error(Code::kInternal, "libcurl could not be started");
}

bool is_worth_another_attempt(unsigned status) {
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}
bool is_worth_another_attempt(CURLcode result) {
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}
bool is_about_trust(CURLcode result) {
  return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
         result == CURLE_SSL_CERTPROBLEM || result == CURLE_SSL_ISSUER_ERROR;
}

std::size_t on_header(char* line, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->take_header({line, size * count}) ? size * count : 0;
}
std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->take({bytes, size * count}) ? size * count : 0;
}
int on_progress(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

using Clock = std::chrono::steady_clock;

struct FreeFields {
  void operator()(curl_slist* fields) const { curl_slist_free_all(fields); }
};

std::unique_ptr<curl_slist, FreeFields> authorization(const std::string& token) {
  if (token.empty()) return nullptr;
  if (std::any_of(token.begin(), token.end(), [](char c) { return c <= ' ' || c >= '\x7f'; })) {
    throw Error(Code::kUsage, "the token has characters that no token has");
  }
  std::unique_ptr<curl_slist, FreeFields> fields(
      curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str()));
  if (!fields) throw std::bad_alloc();
  return fields;
}

}  // namespace

struct HttpClient::State {
  explicit State(const HttpOptions& wanted)
      : options(wanted), token_field(authorization(wanted.token)) {
    require_curl();
    curl = curl_easy_init();
    if (curl == nullptr) throw Error(Code::kInternal, "libcurl has no handle");
  }
  ~State() { curl_easy_cleanup(curl); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode result = curl_easy_setopt(curl, option, value);
    if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
    if (result != CURLE_OK) {
      throw Error(Code::kInternal,
                  std::string("libcurl refuses an option: ") + curl_easy_strerror(result));
    }
  }

  void prepare(const std::string& url, HttpCoding coding, Transfer& transfer) {
    curl_easy_reset(curl);  // keeps connections
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_USERAGENT, "metaset/" PACKAGE_VERSION);
    set(CURLOPT_PROXY, options.proxy.c_str());  // empty: none, whatever the environment says
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options.min_rate));
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(time_left().count(), 1)));
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, on_progress);
    set(CURLOPT_XFERINFODATA, &options.stop);
    set(CURLOPT_ERRORBUFFER, message);
    if (!options.ca_file.empty()) {
      set(CURLOPT_CAINFO, options.ca_file.c_str());
      set(CURLOPT_CAPATH, nullptr);
    }
    if (!options.client_cert.empty()) {
      const std::string& key = options.client_key;
      set(CURLOPT_SSLCERT, options.client_cert.c_str());
      set(CURLOPT_SSLKEY, (key.empty() ? options.client_cert : key).c_str());
    }
    if (coding == HttpCoding::kGzip) set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, &transfer);
    transfer.curl = curl;
    message[0] = '\0';
  }

  // Where a reply leads to, empty: it is the last one.
  std::string redirect_target(const std::string& url, const Transfer& transfer) {
    char* target = nullptr;
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &target);
    if (target == nullptr || transfer.status() < 300 || transfer.status() > 399) return {};
    const std::string from = url_without_secrets(url), to = url_without_secrets(target);
    if (!is_http_url(target) || (is_https_url(url) && !is_https_url(target))) {
      throw Error(Code::kInvalid, from + " redirects to " + to + ", which is not followed");
    }
    return target;
  }

  // The time of a whole request with its attempts begins to run.
  void begin() {
    constexpr std::chrono::hours kForever{24 * 365};
    const bool limited = options.total_timeout.count() > 0;
    deadline = Clock::now() + (limited ? Clock::duration(options.total_timeout) : kForever);
  }
  std::chrono::milliseconds time_left() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  }
  // False if there is to be no other attempt.
  bool wait(std::chrono::milliseconds time) {
    if (time >= time_left()) return false;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, options.stop, time, [] { return false; });
    return !options.stop.stop_requested();
  }

  Error failure(const std::string& url, const std::string& why, Code code) const {
    return {code, "cannot fetch " + url_without_secrets(url) + ": " + why};
  }
  std::string reason(CURLcode result) const {
    return message[0] != '\0' ? message : curl_easy_strerror(result);
  }

  // nullopt: another attempt may help; `problem` says what was wrong.
  std::optional<Reply> attempt(const std::string& first, std::uint64_t max_size, HttpCoding coding,
                               ByteSink& body, std::string& problem) {
    std::string url = first;
    for (unsigned redirects = 0;; ++redirects) {
      Transfer transfer;
      transfer.body = &body;
      transfer.max_size = max_size;
      prepare(url, coding, transfer);
      if (coding == HttpCoding::kAsStored) set(CURLOPT_BUFFERSIZE, kLargeBuffer);
      if (is_same_origin(url, first)) set(CURLOPT_HTTPHEADER, token_field.get());
      const CURLcode result = curl_easy_perform(curl);
      if (transfer.error) std::rethrow_exception(transfer.error);
      if (transfer.too_large || result == CURLE_FILESIZE_EXCEEDED) {
        throw failure(url, "it is larger than the allowed " + std::to_string(max_size) + " bytes",
                      Code::kLimit);
      }
      if (transfer.too_many_headers) throw failure(url, "its header has no end", Code::kLimit);
      if (result != CURLE_OK && !transfer.enough) {
        problem = options.stop.stop_requested() ? "it was stopped" : reason(result);
        if (is_worth_another_attempt(result)) return std::nullopt;
        throw failure(url, problem, is_about_trust(result) ? Code::kDenied : Code::kUnavailable);
      }
      const unsigned status = transfer.status();
      problem = "status " + std::to_string(status);
      if (is_worth_another_attempt(status)) return std::nullopt;
      const std::string target = redirect_target(url, transfer);
      if (target.empty()) {
        if (status == 200) transfer.begin();  // also if it is empty
        return Reply{status, status == 200 && !transfer.enough};
      }
      if (redirects == options.redirects) {
        throw failure(first, "there are too many redirects", Code::kInvalid);
      }
      url = target;
    }
  }

  // The list of headers has to live until the transfer is over.
  CurlList prepare_post(const HttpPost& post, Transfer& transfer) {
    if (!is_http_url(post.url)) {
      throw Error(Code::kInvalid, url_without_secrets(post.url) + " is not an http or https URL");
    }
    begin();
    prepare(post.url, HttpCoding::kAsStored, transfer);
    CurlList headers;
    // Without a wait for "100 Continue" before a large body.
    headers = with_header(std::move(headers), "Expect:");
    headers = with_header(std::move(headers), "Content-Type: application/json");
    for (const std::string& header : post.headers) {
      headers = with_header(std::move(headers), header);
    }
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, post.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.body.size()));
    return headers;
  }

  HttpAnswer answer(CURLcode result, const Transfer& transfer, std::string other_body) {
    HttpAnswer answer;
    answer.body = std::move(other_body);
    answer.too_large = transfer.too_large;
    if (transfer.too_large) answer.problem = "the answer is too large";
    if (transfer.too_many_headers) answer.problem = "the header of the answer has no end";
    if (result == CURLE_OK && answer.problem.empty()) {
      answer.status = transfer.status();
      return answer;
    }
    if (answer.problem.empty()) answer.problem = reason(result);
    long request_size = 0;
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_size);
    answer.sent = request_size > 0;
    answer.trusted = !is_about_trust(result);
    return answer;
  }

  HttpOptions options;
  std::unique_ptr<curl_slist, FreeFields> token_field;
  Clock::time_point deadline;
  CURL* curl = nullptr;
  char message[CURL_ERROR_SIZE] = "";
};

HttpClient::HttpClient(const HttpOptions& options) : state_(std::make_unique<State>(options)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

HttpClient::Reply HttpClient::get(const std::string& url, std::uint64_t max_size, HttpCoding coding,
                                  ByteSink& body) {
  if (!is_http_url(url)) {
    throw Error(Code::kInvalid, url_without_secrets(url) + " is not an http or https URL");
  }
  std::string problem;
  state_->begin();
  std::chrono::milliseconds wait = state_->options.backoff;
  for (unsigned attempts = 1;; ++attempts) {
    if (const auto reply = state_->attempt(url, max_size, coding, body, problem)) return *reply;
    if (attempts >= state_->options.attempts || !state_->wait(wait)) break;
    wait *= 2;
  }
  throw state_->failure(url, problem, Code::kUnavailable);
}

HttpAnswer HttpClient::ask(const HttpQuestion& question, std::uint64_t max_size) {
  if (!is_http_url(question.url)) {
    throw Error(Code::kInvalid, url_without_secrets(question.url) + " is not an http or https URL");
  }
  std::string text, other;
  StringSink sink(text);
  Transfer transfer;
  HttpAnswer answer;
  transfer.body = &sink;
  transfer.other_body = &other;
  transfer.max_size = max_size;
  transfer.fields = &answer.fields;
  state_->begin();
  state_->prepare(question.url, HttpCoding::kAsStored, transfer);
  CurlList headers;
  for (const std::string& header : question.headers) {
    headers = with_header(std::move(headers), header);
  }
  if (const curl_slist* token = state_->token_field.get(); token != nullptr) {
    headers = with_header(std::move(headers), token->data);
  }
  state_->set(CURLOPT_HTTPHEADER, headers.get());
  state_->set(CURLOPT_PATH_AS_IS, 1L);
  const CURLcode result = curl_easy_perform(state_->curl);
  if (transfer.error) std::rethrow_exception(transfer.error);
  HttpAnswer said = state_->answer(result, transfer, std::move(other));
  said.fields = std::move(answer.fields);
  if (said.status == 200) said.body = std::move(text);
  return said;
}

HttpAnswer HttpClient::post(const HttpPost& post, std::uint64_t max_size, bool reuse) {
  std::string text, other;
  StringSink sink(text);
  Transfer transfer;
  transfer.body = &sink;
  transfer.other_body = &other;
  transfer.max_size = max_size;
  const CurlList headers = state_->prepare_post(post, transfer);
  if (post.timeout.count() > 0) {
    state_->set(CURLOPT_TIMEOUT_MS, static_cast<long>(post.timeout.count()));
  }
  if (!reuse) state_->set(CURLOPT_FRESH_CONNECT, 1L);
  const CURLcode result = curl_easy_perform(state_->curl);
  if (transfer.error) std::rethrow_exception(transfer.error);
  HttpAnswer answer = state_->answer(result, transfer, std::move(other));
  if (answer.status == 200) answer.body = std::move(text);
  return answer;
}

HttpAnswer HttpClient::stream(const HttpPost& post, ByteSink& body, const std::stop_token& stop,
                              std::chrono::milliseconds limit) {
  std::string other;
  Transfer transfer;
  transfer.body = &body;
  transfer.other_body = &other;
  transfer.max_size = UINT64_MAX;
  const CurlList headers = state_->prepare_post(post, transfer);
  state_->set(CURLOPT_TIMEOUT_MS, 0L);
  state_->set(CURLOPT_LOW_SPEED_LIMIT, 0L);
  state_->set(CURLOPT_FRESH_CONNECT, 1L);
  state_->set(CURLOPT_FORBID_REUSE, 1L);
  state_->set(CURLOPT_TCP_KEEPALIVE, 1L);
  state_->set(CURLOPT_TCP_KEEPIDLE, 5L);
  state_->set(CURLOPT_TCP_KEEPINTVL, 2L);
  StreamRun run(state_->curl, post.timeout, limit);
  const CURLcode result = run.perform(stop, [&] { return transfer.begun; });
  if (transfer.error) std::rethrow_exception(transfer.error);
  HttpAnswer answer =
      state_->answer(transfer.enough ? CURLE_OK : result, transfer, std::move(other));
  answer.stopped = run.end() == StreamRun::End::kStopped;
  answer.expired = run.end() == StreamRun::End::kExpired;
  return answer;
}

}  // namespace metaset::net
