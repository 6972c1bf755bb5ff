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

// A text, or a sentence that says why there is none.
struct LicenceText {
  std::string text, trouble;
};

LicenceText licence_text(const store::PayloadStore& payloads, const std::string& payload,
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

template <typename Visit>
void for_each_licence(const store::PayloadStore& payloads, const ips::PackageDetails& details,
                      const Visit& visit) {
  std::size_t room = kMostLicence;
  for (const auto& licence : details.licences) {
    const LicenceText text = licence_text(payloads, licence.payload, room);
    room -= text.text.size();
    visit(licence, text);
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

void add_signatures(const store::PayloadStore& payloads, const ips::PackageDetails& details,
                    Data& data) {
  DataList rows;
  for (const auto& signature : details.signatures) {
    Data row;
    put(row, "algorithm", signature.algorithm);
    put_text(row, "certificate", signature.certificate);
    put(row, "chain", std::to_string(signature.chain.size()));
    put(row, "value", signature.value.substr(0, 64));
    const auto names = rows.size() < kMostCertificates
                           ? certificate_names(payloads, signature.certificate)
                           : std::nullopt;
    put_text(row, "subject", names ? names->subject : "");
    put_text(row, "issuer", names ? names->issuer : "");
    rows.push_back(std::move(row));
  }
  put_list(data, "signatures", std::move(rows));
}

void add_licences(const store::PayloadStore& payloads, const ips::PackageDetails& details,
                  Data& data) {
  DataList rows;
  for_each_licence(payloads, details, [&](const auto& licence, const LicenceText& text) {
    Data row;
    put(row, "licence", licence.name.empty() ? "Licence" : licence.name);
    put_text(row, "text", text.text);
    put_text(row, "trouble", text.trouble);
    rows.push_back(std::move(row));
  });
  put_list(data, "licences", std::move(rows));
}

std::string state_of_signatures(const store::PayloadStore& payloads,
                                const ips::PackageDetails& details) {
  State state;
  for (std::size_t i = 0; i < std::min(details.signatures.size(), kMostCertificates); ++i) {
    const auto names = certificate_names(payloads, details.signatures[i].certificate);
    state.add(names ? names->subject : "");
    state.add(names ? names->issuer : "");
  }
  return state.take();
}

std::string state_of_licences(const store::PayloadStore& payloads,
                              const ips::PackageDetails& details) {
  State state;
  for_each_licence(payloads, details, [&](const auto&, const LicenceText& text) {
    state.add(text.text);
    state.add(text.trouble);
  });
  return state.take();
}

}  // namespace metaset::web
