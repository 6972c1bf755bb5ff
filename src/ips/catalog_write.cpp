#include "metaset/base/json.h"
#include "metaset/ips/catalog.h"

#include "ips/text.h"

namespace metaset::ips {
namespace {

// Hashing and handing over pays in big pieces.
constexpr std::size_t kPiece = std::size_t{256} << 10;
constexpr std::string_view kFeatureKey = "_FEATURE";

}  // namespace

PartWriter::PartWriter(Sink sink, bool utf8_feature)
    : sink_(std::move(sink)), sha1_(HashKind::kSha1), feature_pending_(utf8_feature) {
  buffer_.reserve(kPiece + kPiece / 4);
  buffer_ += '{';
}

void PartWriter::publisher(std::string_view prefix) {
  close_publisher();
  if (any_publisher_ && prefix <= publisher_) {
    throw Error(Code::kInternal, fmt::format("publisher {} of a catalog out of order", prefix));
  }
  publisher_ = prefix;
  any_publisher_ = true;
  any_package_ = false;
}

void PartWriter::package(std::string_view name) {
  close_package();
  if (!any_publisher_ || (any_package_ && name <= package_)) {
    throw Error(Code::kInternal, fmt::format("package {} of a catalog out of order", name));
  }
  package_ = name;
  any_package_ = true;
}

void PartWriter::entry(std::string_view json_object) {
  if (!any_package_) throw Error(Code::kInternal, "a catalog entry without a package");
  if (!publisher_open_) open_publisher();
  if (package_open_) {
    buffer_ += ',';
  } else {
    open_package();
  }
  buffer_ += json_object;
  if (buffer_.size() >= kPiece) flush();
}

void PartWriter::open_publisher() {
  // The keys stand in code point order; names can begin with characters on either side of '_'.
  if (feature_pending_ && publisher_ > kFeatureKey) write_feature();
  if (any_key_) buffer_ += ',';
  append_json_string(publisher_, buffer_);
  buffer_ += ":{";
  any_key_ = true;
  any_name_ = false;
  publisher_open_ = true;
}

void PartWriter::open_package() {
  if (any_name_) buffer_ += ',';
  append_json_string(package_, buffer_);
  buffer_ += ":[";
  any_name_ = true;
  package_open_ = true;
}

void PartWriter::close_package() {
  if (package_open_) buffer_ += ']';
  package_open_ = false;
}

void PartWriter::close_publisher() {
  close_package();
  if (publisher_open_) buffer_ += '}';
  publisher_open_ = false;
}

void PartWriter::write_feature() {
  if (any_key_) buffer_ += ',';
  buffer_ += R"("_FEATURE":["ooce:utf8"])";
  any_key_ = true;
  feature_pending_ = false;
}

void PartWriter::flush() {
  sha1_.update(buffer_);
  sink_(buffer_);
  size_ += buffer_.size();
  buffer_.clear();
}

FileDigest PartWriter::finish() {
  close_publisher();
  if (feature_pending_) write_feature();
  flush();
  sha1_.update("}\n");
  FileDigest digest;
  digest.sha1 = sha1_.finish_sha1();
  if (any_key_) buffer_ += ',';
  buffer_ += fmt::format("\"_SIGNATURE\":{{\"sha-1\":\"{}\"}}}}\n", to_hex(digest.sha1));
  sink_(buffer_);
  digest.size = size_ + buffer_.size();
  buffer_.clear();
  return digest;
}

std::string actions_json(const std::vector<std::string>& actions) {
  std::string out = "[";
  for (const std::string& action : actions) {
    if (out.size() > 1) out += ',';
    append_json_string(action, out);
  }
  out += ']';
  return out;
}

void append_base_entry(const Sha1& manifest, std::string_view version, std::string& out) {
  out.append(R"({"signature-sha-1":")").append(to_hex(manifest)).append(R"(","version":)");
  append_json_string(version, out);
  out += '}';
}

void append_actions_entry(std::string_view actions_json, std::string_view version,
                          std::string& out) {
  out.append(R"({"actions":)").append(actions_json).append(R"(,"version":)");
  append_json_string(version, out);
  out += '}';
}

void append_log_operation(const LogOperation& operation, std::string& out) {
  out += '{';
  if (operation.manifest) {
    out += R"("catalog.base.C":)";
    append_base_entry(*operation.manifest, operation.version, out);
    out += ',';
  }
  if (!operation.dependency.empty()) {
    out += R"("catalog.dependency.C":)";
    append_actions_entry(operation.dependency, operation.version, out);
    out += ',';
  }
  if (!operation.summary.empty()) {
    append_json_string(fmt::format("catalog.summary.{}", operation.summary_locale), out);
    out += ':';
    append_actions_entry(operation.summary, operation.version, out);
    out += ',';
  }
  out.append(R"("op-time":")").append(basic_timestamp(operation.time));
  out.append(R"(","op-type":")").append(operation.add ? "add" : "remove");
  out += R"(","version":)";
  append_json_string(operation.version, out);
  out += '}';
}

}  // namespace metaset::ips
