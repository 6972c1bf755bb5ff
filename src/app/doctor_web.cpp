// What the web server does, by really asking it.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/base/percent.h"
#include "metaset/store/layout.h"
#include "metaset/store/repository.h"

#include "doctor.h"

namespace metaset::app {
namespace {

constexpr std::size_t kMaxPageText = 500;
constexpr int kQuestions = 5;  // so that the counts of other clients do not matter much

// What is asked for: nullopt if the repository has none, or cannot be read.
struct Known {
  std::optional<std::string> payload;
  std::uint64_t payload_size = 0;
  std::optional<std::string> manifest;  // "name@version", encoded; with a slash in the name if any
  bool has_slash = false;
};

void find_payload(const std::string& root, Known& known) {
  std::error_code error;
  const std::filesystem::recursive_directory_iterator files(store::payload_directory(root), error);
  for (const auto& entry : files) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file(error) || !store::is_payload_name(name)) continue;
    known.payload = name;
    known.payload_size = entry.file_size(error);
    return;
  }
}

void find_manifest(const std::string& root, Known& known) {
  const store::Repository repository(root, store::Access::kRead);
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const store::View view(env, txn, store::View::active_number(env, txn));
  for (const store::Publisher& publisher : view.publishers()) {
    view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
      known.has_slash = name.find('/') != std::string_view::npos;
      known.manifest = percent_encode(name) + "@" + percent_encode(entry.version);
      return !known.has_slash;
    });
    if (known.has_slash) return;
  }
}

Known known_of(const DoctorOptions& options) {
  Known known;
  if (options.repository.empty()) return known;
  try {
    find_payload(options.repository, known);
    find_manifest(options.repository, known);
  } catch (const std::exception&) {
    // check_database() tells of it.
  }
  return known;
}

std::string said(const net::HttpAnswer& answer) {
  return answer.status == 0 ? answer.problem : fmt::format("status {}", answer.status);
}

// The text of an error page.
std::string page_text(const net::HttpAnswer& answer) {
  const std::string_view body = answer.body;
  const std::size_t begin = body.find("<p>");
  if (begin == std::string_view::npos) return {};
  const std::string_view text = body.substr(begin + 3);
  return std::string(text.substr(0, std::min(text.find("</p>"), kMaxPageText)));
}

// The METASET_ parameter that a page of status 500 names (metaset-parameters(5)).
std::optional<std::string> wrong_parameter(const net::HttpAnswer& answer) {
  constexpr std::string_view kBegin = "The parameter METASET_";
  if (answer.status != 500) return std::nullopt;
  std::string text = page_text(answer);
  if (!text.starts_with(kBegin)) return std::nullopt;
  return text;
}

std::string parameter_advice(std::string_view publish) {
  return fmt::format(
      "correct it where the web server's configuration has the location: SetEnv in "
      "Apache, set $metaset_ in nginx, before {}.conf is included; "
      "metaset-parameters(5)",
      publish);
}

std::string field(const net::HttpAnswer& answer, std::string_view name) {
  const auto found = answer.fields.find(name);
  return found == answer.fields.end() ? std::string() : found->second;
}

class WebCheck {
 public:
  WebCheck(const DoctorOptions& options, Diagnosis& diagnosis)
      : options_(options), diagnosis_(diagnosis), known_(known_of(options)) {}

  void run() {
    if (!check_versions()) return;
    if (offers("catalog")) {
      check_attrs();
      check_compression();
    } else {
      diagnosis_.skipped("catalog", "the depot does not offer it, as a mirror");
    }
    check_payload();
    check_missing();
    if (offers("manifest")) {
      check_slash();
      check_bypass();
    } else {
      diagnosis_.skipped("manifests", "the depot does not offer them, as a mirror");
    }
    check_internal();
  }

 private:
  net::HttpAnswer get(const std::string& path, std::vector<std::string> headers = {}) const {
    return ask(options_.http, options_.url + path, std::move(headers));
  }
  // How many requests workers have answered; nullopt if nothing is counted.
  std::optional<std::uint64_t> counted(std::string_view operation) const {
    if (options_.counters.empty()) return std::nullopt;
    try {
      const metrics::Snapshot snapshot = metrics::CountersFile(options_.counters).read();
      const metrics::OperationCounts* const one = snapshot.find(operation);
      if (snapshot.workers.empty() || one == nullptr) return std::nullopt;
      return one->requests();
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  bool check_versions() {
    const net::HttpAnswer answer = get("/versions/0/");
    check_date("the web server", answer, diagnosis_);
    if (answer.status == 200 && answer.body.starts_with("pkg-server ")) {
      diagnosis_.ok("versions/0", answer.body.substr(0, answer.body.find('\n')));
      versions_ = answer.body;
      return true;
    }
    if (const auto parameter = wrong_parameter(answer)) {
      diagnosis_.error("parameters", *parameter, parameter_advice("depot"));
      return false;
    }
    const char* const advice =
        answer.status == 0 && answer.sent
            ? "the web server takes requests and does not answer: look at its log, and whether "
              "the workers of metaset-serve hang or have too much to do (`metaset top`)"
        : answer.status == 0   ? "start the web server, or correct --url"
        : answer.status == 502 ? "the web server does not reach metaset-serve: look whether it "
                                 "runs, and at the path and permissions of its socket"
        : answer.status == 504 ? "the repository is not there, or its group is not: look at "
                                 "METASET_ROOT, and at the log of metaset-serve"
        : answer.status == 500 ? "a parameter of the location is wrong: the page and the log of "
                                 "metaset-serve name it"
                               : "there is no depot at this address: look at --url and at "
                                 "METASET_BASE";
    diagnosis_.error("versions/0", said(answer), advice);
    return false;
  }

  // An operation that versions/0 lists, one a line with its versions.
  bool offers(std::string_view operation) const {
    return versions_.find(fmt::format("\n{} ", operation)) != std::string::npos;
  }

  static bool is_json_object(std::string_view text) {
    try {
      return parse_json(text, "catalog.attrs").IsObject();
    } catch (const Error&) {
      return false;
    }
  }

  void check_attrs() {
    const net::HttpAnswer answer = get("/catalog/1/catalog.attrs");
    if (answer.status != 200 || !is_json_object(answer.body)) {
      return diagnosis_.error("catalog", "catalog.attrs: " + said(answer),
                              "look at the log of metaset-serve; clients cannot refresh");
    }
    if (field(answer, "cache-control").find("no-cache") == std::string::npos) {
      return diagnosis_.error(
          "catalog", "catalog.attrs has 'Cache-Control: " + field(answer, "cache-control") + "'",
          "do not change this field on the way: what changes together must "
          "not be kept by caches");
    }
    diagnosis_.ok("catalog", "catalog.attrs is given, and not kept by caches");
  }

  void check_compression() {
    const net::HttpAnswer answer = get("/catalog/1/catalog.attrs", {"Accept-Encoding: gzip"});
    if (answer.status == 200 && field(answer, "content-encoding") == "gzip") {
      return diagnosis_.ok("compression", "catalog files are sent compressed");
    }
    diagnosis_.warning("compression", "catalog files are not sent compressed",
                       "pass the field Accept-Encoding on to metaset-serve");
  }

  void check_payload() {
    if (!known_.payload) return diagnosis_.skipped("payloads", "no payload is known (-d)");
    const auto before = counted("file/1");
    net::HttpAnswer answer;
    for (int i = 0; i < kQuestions; ++i) answer = get("/file/1/" + *known_.payload);
    if (answer.status != 200 || answer.body.size() != known_.payload_size) {
      return diagnosis_.error(
          "payloads",
          fmt::format("file/1/{}: {}, {} bytes instead of {}", *known_.payload, said(answer),
                      answer.body.size(), known_.payload_size),
          "the user of the web server must be able to read the directory file of the repository");
    }
    if (!field(answer, "content-encoding").empty()) {
      return diagnosis_.error("payloads", "a payload is sent with a Content-Encoding",
                              "switch off compression for payloads: clients check their hashes");
    }
    // A worker gives a date until when its answers can be kept, the web server's files have none.
    const auto after = counted("file/1");
    const bool by_worker =
        before && after ? *after - *before >= kQuestions : !field(answer, "expires").empty();
    if (!by_worker) return diagnosis_.ok("payloads", "the web server sends them itself");
    diagnosis_.warning("payloads", "they are sent by metaset-serve, not by the web server",
                       "use the shipped payloads.conf, and let the user of the web server read "
                       "the directories file and publisher of the repository");
  }

  void check_missing() {
    const net::HttpAnswer answer = get("/file/1/" + std::string(40, '0'));
    if (answer.status == 404) return diagnosis_.ok("missing payloads", "status 404");
    diagnosis_.error("missing payloads", said(answer) + " instead of 404",
                     "clients try the next origin only after 404: let metaset-serve answer");
  }

  void check_slash() {
    if (!known_.has_slash) {
      return diagnosis_.skipped("encoded slash", "no package with a slash in its name is known");
    }
    const net::HttpAnswer answer = get("/manifest/0/" + *known_.manifest);
    if (answer.status == 200) return diagnosis_.ok("encoded slash", "%2F in a name arrives");
    diagnosis_.error("encoded slash",
                     fmt::format("manifest/0/{}: {}", *known_.manifest, said(answer)),
                     "hand on the request as it came: REQUEST_URI in nginx, AllowEncodedSlashes "
                     "NoDecode and nocanon in Apache");
  }

  void check_bypass() {
    const auto before = counted("manifest/0");
    if (!known_.manifest || !before) {
      return diagnosis_.skipped("no-cache", "needs a package (-d) and counters (METASET_METRICS)");
    }
    for (int i = 0; i < kQuestions; ++i) {
      get("/manifest/0/" + *known_.manifest, {"Cache-Control: no-cache"});
    }
    const auto after = counted("manifest/0");
    if (after && *after - *before >= kQuestions) {
      return diagnosis_.ok("no-cache", "requests that ask for it reach metaset-serve");
    }
    diagnosis_.error("no-cache", "requests with 'Cache-Control: no-cache' are answered by a cache",
                     "let them through: a client asks so when its copy was damaged");
  }

  void check_internal() {
    if (!known_.payload) return;
    const std::size_t host = options_.url.find("://") + 3;
    const std::string server = options_.url.substr(0, options_.url.find('/', host));
    const net::HttpAnswer answer =
        ask(options_.http, server + "/.metaset/repository/" + store::payload_path(*known_.payload));
    if (answer.status != 200) return diagnosis_.ok("internal files", "cannot be asked for");
    diagnosis_.error("internal files", "/.metaset/repository/ is open to clients",
                     "mark the location as internal, as the shipped internal.conf does");
  }

  const DoctorOptions& options_;
  Diagnosis& diagnosis_;
  Known known_;
  std::string versions_;  // the answer to versions/0
};

}  // namespace

void check_web_server(const DoctorOptions& options, Diagnosis& diagnosis) {
  if (options.url.empty()) return;
  diagnosis.topic("web server");
  WebCheck(options, diagnosis).run();
}

// Closes a transaction that is not there: who may not publish hears so before that is looked for.
void check_publish_endpoint(const DoctorOptions& options, Diagnosis& diagnosis) {
  if (options.publish_url.empty()) return;
  diagnosis.topic("publication");
  net::HttpOptions nobody = options.http;
  nobody.token.clear();
  nobody.client_cert.clear();
  nobody.client_key.clear();
  const std::string question =
      options.publish_url + "/close/0/1_" + percent_encode("pkg://metaset-doctor/none@1.0");
  const net::HttpAnswer answer = ask(nobody, question);
  if (answer.status == 401 || answer.status == 403) {
    diagnosis.ok("authentication", said(answer) + " for who proves nothing");
  } else if (answer.status == 404) {
    diagnosis.error("authentication", "nothing can be published at " + options.publish_url,
                    "correct --publish-url, or include publish.conf in its location");
  } else if (answer.status == 400 && answer.body.find("No transaction") != std::string::npos) {
    diagnosis.error("authentication", "who proves nothing may publish",
                    "take anonymous out of METASET_AUTH, or `metaset grant remove anonymous`");
  } else if (const auto parameter = wrong_parameter(answer)) {
    diagnosis.error("parameters", *parameter, parameter_advice("publish"));
  } else {
    diagnosis.error("authentication", said(answer), "look at the log of metaset-publish");
  }
}

}  // namespace metaset::app
