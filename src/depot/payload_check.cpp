#include "depot/payload_check.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kMaxListed = 50;

class Check {
 public:
  Check(const store::PayloadStore& payloads, const std::map<std::string, UploadedPayload>& uploads)
      : payloads_(payloads), uploads_(uploads) {}

  void look_at(const ips::Action& action) {
    if (ips::has_payload(action.type()) && !action.hash().empty()) {
      const auto upload = uploads_.find(action.hash());
      if (upload == uploads_.end()) {
        require(action.hash(), action);
      } else {
        // One that was there already when it was sent, and so was not kept.
        if (!upload->second.kept) require_stored(action.hash(), action);
        compare(action, upload->second);
      }
    }
  }
  void require(const std::string& name, const ips::Action& action) {
    if (!uploads_.contains(name)) require_stored(name, action);
  }
  void require_stored(const std::string& name, const ips::Action& action) {
    if (payloads_.has(name)) return;
    add(fmt::format("the payload {} was not sent: {}", name, action.text()));
  }
  void finish() const {
    if (count_ == 0) return;
    if (count_ > kMaxListed) {
      throw Error(Code::kInvalid, fmt::format("{}\nand {} more", text_, count_ - kMaxListed));
    }
    throw Error(Code::kInvalid, text_);
  }

 private:
  void add(const std::string& line) {
    if (++count_ <= kMaxListed) text_ += (text_.empty() ? "" : "\n") + line;
  }

  void compare(const ips::Action& action, const UploadedPayload& upload) {
    const store::PayloadFacts& facts = upload.facts;
    compare(action, "pkg.size", std::to_string(facts.size));
    compare_content_hash(action, "file:sha512t_256:", to_hex(facts.content_sha512t));
    // Another compression of the same content may be in the store since long: then only the content
    // counts.
    if (!upload.kept) return;
    compare(action, "pkg.csize", std::to_string(facts.csize));
    compare(action, "chash", to_hex(facts.chash));
    compare_content_hash(action, "gzip:sha512t_256:", to_hex(facts.gzip_sha512t));
  }

  void compare(const ips::Action& action, std::string_view key, const std::string& actual) {
    const std::string* claimed = action.value(key);
    if (claimed == nullptr || *claimed == actual) return;
    add(fmt::format("the payload {} has {}={}, the manifest says {}", action.hash(), key, actual,
                    *claimed));
  }

  void compare_content_hash(const ips::Action& action, std::string_view kind,
                            const std::string& actual) {
    const auto* hashes = action.values("pkg.content-hash");
    if (hashes == nullptr) return;
    for (const std::string& hash : *hashes) {
      if (!hash.starts_with(kind) || hash.substr(kind.size()) == actual) continue;
      add(fmt::format("the payload {} has the hash {}{}, the manifest says {}", action.hash(), kind,
                      actual, hash));
    }
  }

  const store::PayloadStore& payloads_;
  const std::map<std::string, UploadedPayload>& uploads_;
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace

void check_payloads(const store::PayloadStore& payloads,
                    const std::map<std::string, UploadedPayload>& uploads,
                    std::string_view manifest) {
  Check check(payloads, uploads);
  ips::for_each_action(manifest, [&check](ips::Action&& action, std::size_t) {
    check.look_at(action);
    const auto* chains = action.values("chain");
    if (action.type() != ips::ActionType::kSignature || chains == nullptr) return;
    for (const std::string& chain : *chains) {
      std::string_view rest = chain;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        if (end > 0) check.require(std::string(rest.substr(0, end)), action);
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  });
  check.finish();
}

}  // namespace metaset::depot
