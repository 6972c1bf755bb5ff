#include "web/package_payloads.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/base/hash.h"
#include "metaset/store/layout.h"

#include "web/certificates.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMostLicence = 512 << 10;  // bytes, of all texts
constexpr std::size_t kMostPayload = 4 << 20;    // bytes of a gzip file

PayloadTexts::Licence licence_text(const store::PayloadStore& payloads, const std::string& payload,
                                   std::size_t room) {
  try {
    const auto file = store::is_payload_name(payload)
                          ? read_file_if_exists(payloads.path(payload), kMostPayload)
                          : std::nullopt;
    if (file) return {gunzip(*file, room), {}};
    return {{}, "The text is not in this depot."};
  } catch (const Error& error) {
    if (error.code() == Code::kLimit) return {{}, "The text is too long to be shown here."};
    // Who looks after the repository is told of damage by verify.
    if (error.code() != Code::kCorrupt && error.code() != Code::kIo) throw;
    return {{}, "The text cannot be read: its file in this depot is damaged."};
  }
}

class State {
 public:
  void add(std::string_view text) {
    any_ = true;
    hasher_.update(fmt::format("{}:", text.size()));
    hasher_.update(text);
  }
  std::string take() { return any_ ? to_hex(hasher_.finish_sha256()) : std::string(); }

 private:
  Hasher hasher_{HashKind::kSha256};
  bool any_ = false;
};

}  // namespace

const std::vector<PayloadTexts::Licence>& PayloadTexts::licences(
    const ips::PackageDetails& details) {
  if (licences_) return *licences_;
  std::vector<Licence> texts;
  std::size_t room = kMostLicence;
  for (const auto& licence : details.licences) {
    texts.push_back(licence_text(payloads_, licence.payload, room));
    room -= texts.back().text.size();
  }
  return licences_.emplace(std::move(texts));
}

void add_signatures(PayloadTexts& texts, const ips::PackageDetails& details, Data& data) {
  DataList rows;
  for (const auto& signature : details.signatures) {
    Data row;
    put(row, "algorithm", signature.algorithm);
    put_text(row, "certificate", signature.certificate);
    put(row, "chain", std::to_string(signature.chain.size()));
    put(row, "value", signature.value.substr(0, 64));
    const auto names = rows.size() < kMostCertificates
                           ? certificate_names(texts.payloads(), signature.certificate)
                           : std::nullopt;
    put_text(row, "subject", names ? names->subject : "");
    put_text(row, "issuer", names ? names->issuer : "");
    rows.push_back(std::move(row));
  }
  put_list(data, "signatures", std::move(rows));
}

void add_licences(PayloadTexts& texts, const ips::PackageDetails& details, Data& data) {
  DataList rows;
  for (const PayloadTexts::Licence& one : texts.licences(details)) {
    const std::string& name = details.licences[rows.size()].name;
    Data row;
    put(row, "licence", name.empty() ? "Licence" : name);
    put_text(row, "text", one.text);
    put_text(row, "trouble", one.trouble);
    rows.push_back(std::move(row));
  }
  put_list(data, "licences", std::move(rows));
}

std::string state_of_signatures(PayloadTexts& texts, const ips::PackageDetails& details) {
  State state;
  for (std::size_t i = 0; i < std::min(details.signatures.size(), kMostCertificates); ++i) {
    const auto names = certificate_names(texts.payloads(), details.signatures[i].certificate);
    state.add(names ? names->subject : "");
    state.add(names ? names->issuer : "");
  }
  return state.take();
}

std::string state_of_licences(PayloadTexts& texts, const ips::PackageDetails& details) {
  State state;
  for (const PayloadTexts::Licence& one : texts.licences(details)) {
    state.add(one.text);
    state.add(one.trouble);
  }
  return state.take();
}

}  // namespace metaset::web
