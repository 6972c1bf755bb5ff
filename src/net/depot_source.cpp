#include "metaset/net/depot_source.h"

#include <vector>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/base/percent.h"
#include "metaset/ips/manifest.h"

namespace metaset::net {

namespace {

// One that was away this many times in a row is not asked again.
constexpr unsigned kTimesAway = 2;

struct TextSink : ByteSink {
  void begin() override { text.clear(); }
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  std::string text;
};

class DepotSource : public store::ContentSource {
 public:
  DepotSource(std::string_view url, const HttpOptions& options, DepotKind kind)
      : base_(checked_base_url(url)),
        name_(url_without_secrets(base_)),
        kind_(kind),
        client_(options) {}

  const std::string& name() const override { return name_; }

  bool manifest(const store::WantedManifest& wanted, const store::ManifestTaker& take) override {
    too_large_.clear();
    std::string operation = "/manifest/0/";
    operation.append(percent_encode(wanted.name)).append("@");
    operation.append(percent_encode(wanted.version));
    const std::string publisher = "/" + percent_encode(wanted.publisher);
    const std::string metaset = "/metaset/" + std::to_string(wanted.added_in);
    // Signing gives a version another manifest: earlier ones are only seen from where they were.
    std::vector<std::string> paths{publisher + operation, operation,
                                   metaset + publisher + operation};
    if (kind_ == DepotKind::kMetaset) {
      paths.insert(paths.begin(), "/api/1/manifest/" + to_hex(wanted.digest));
    }
    for (const std::string& path : paths) {
      TextSink sink;
      const bool done = get(path, ips::kMaxManifestText, HttpCoding::kGzip, sink);
      if (done && take(std::move(sink.text))) return true;
    }
    return nothing_taken();
  }

  bool payload(const store::WantedPayload& wanted, store::PayloadTaker& taker) override {
    too_large_.clear();
    std::vector<std::string> prefixes{""};
    for (const std::string& publisher : wanted.publishers) {
      prefixes.push_back("/" + percent_encode(publisher));
    }
    for (const std::string& prefix : prefixes) {
      const std::string path = prefix + "/file/1/" + wanted.name;
      if (get(path, taker.max_size(), HttpCoding::kAsStored, taker) && taker.end()) return true;
    }
    return nothing_taken();
  }

 private:
  // True if there is one, and it was taken to its end.
  bool get(const std::string& path, std::uint64_t max_size, HttpCoding coding, ByteSink& sink) {
    if (away_ >= kTimesAway) throw Error(Code::kUnavailable, problem_);
    try {
      const HttpClient::Reply reply = client_.get(base_ + path, max_size, coding, sink);
      away_ = 0;
      // 400 and 403: an unknown publisher, or an operation that is switched off.
      if (reply.status == 200) return reply.complete;
      if (reply.status == 400 || reply.status == 403 || reply.status == 404) return false;
      throw Error(Code::kDenied,
                  name_ + path + " was answered with status " + std::to_string(reply.status));
    } catch (const Error& error) {
      if (error.code() == Code::kUnavailable) {
        ++away_;
        problem_ = error.message();
      }
      if (error.code() != Code::kLimit) throw;
      too_large_ = error.message();  // not what is wanted, whatever it is
      return false;
    }
  }
  bool nothing_taken() {
    if (too_large_.empty()) return false;
    throw Error(Code::kLimit, too_large_);
  }

  const std::string base_, name_;
  const DepotKind kind_;
  HttpClient client_;
  unsigned away_ = 0;
  std::string problem_, too_large_;
};

}  // namespace

std::unique_ptr<store::ContentSource> depot_source(std::string_view url, const HttpOptions& options,
                                                   DepotKind kind) {
  return std::make_unique<DepotSource>(url, options, kind);
}

}  // namespace metaset::net
