#include <algorithm>

#include "metaset/base/json.h"
#include "metaset/ips/catalog.h"

#include "ips/catalog_canonical.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

constexpr std::string_view kAttrsName = "catalog.attrs";
// A log for every hour of a century has less.
constexpr std::size_t kMaxAttrs = std::size_t{256} << 20;

void append_files(std::string_view key, std::vector<FileAttrs> files, std::string& out) {
  std::sort(files.begin(), files.end(),
            [](const FileAttrs& a, const FileAttrs& b) { return a.name < b.name; });
  out.append(R"(,")").append(key).append(R"(":{)");
  for (const FileAttrs& file : files) {
    if (out.back() != '{') out += ',';
    append_json_string(file.name, out);
    out.append(R"(:{"last-modified":")").append(basic_timestamp(file.last_modified));
    out.append(R"(","signature-sha-1":")").append(to_hex(file.sha1)).append("\"}");
  }
  out += '}';
}

const rapidjson::Value& member(const rapidjson::Value& object, const char* key) {
  const auto found = object.FindMember(key);
  if (found == object.MemberEnd()) throw_corrupt("{}: no \"{}\"", kAttrsName, key);
  return found->value;
}

std::string_view text_of(const rapidjson::Value& value, std::string_view key) {
  if (!value.IsString()) throw_corrupt("{}: \"{}\" is not a string", kAttrsName, key);
  return {value.GetString(), value.GetStringLength()};
}

Time time_member(const rapidjson::Value& object, const char* key) {
  const rapidjson::Value& value = member(object, key);
  if (value.IsNull()) return {};
  const std::string_view text = text_of(value, key);
  const auto time = parse_basic_timestamp(text);
  if (!time) {
    throw_corrupt("{}: \"{}\" is {}, not a time of the form YYYYMMDDTHHMMSS.ffffffZ", kAttrsName,
                  key, quoted_for_message(text));
  }
  return *time;
}

std::uint64_t count_member(const rapidjson::Value& object, const char* key) {
  const rapidjson::Value& value = member(object, key);
  if (!value.IsUint64()) throw_corrupt("{}: \"{}\" is not a number", kAttrsName, key);
  return value.GetUint64();
}

FileAttrs read_file(std::string_view name, const rapidjson::Value& value) {
  if (!is_catalog_file_name(name)) {
    throw_corrupt("{}: illegal file name {}", kAttrsName, quoted_for_message(name));
  }
  if (!value.IsObject()) throw_corrupt("{}: \"{}\" is not an object", kAttrsName, name);
  FileAttrs file;
  file.name = name;
  file.last_modified = time_member(value, "last-modified");
  const auto sha1 = sha1_from_hex(text_of(member(value, "signature-sha-1"), "signature-sha-1"));
  if (!sha1) throw_corrupt("{}: the signature-sha-1 of \"{}\" is not a SHA-1", kAttrsName, name);
  file.sha1 = *sha1;
  return file;
}

std::vector<FileAttrs> read_files(const rapidjson::Value& object, const char* key) {
  const rapidjson::Value& files = member(object, key);
  if (!files.IsObject()) throw_corrupt("{}: \"{}\" is not an object", kAttrsName, key);
  std::vector<FileAttrs> out;
  for (const auto& file : files.GetObject()) {
    out.push_back(read_file({file.name.GetString(), file.name.GetStringLength()}, file.value));
  }
  std::sort(out.begin(), out.end(),
            [](const FileAttrs& a, const FileAttrs& b) { return a.name < b.name; });
  return out;
}

}  // namespace

std::string write_attrs(const CatalogAttrs& attrs) {
  std::string out = attrs.utf8_feature ? R"({"_FEATURE":["ooce:utf8"],)" : "{";
  out.append(R"("created":")").append(basic_timestamp(attrs.created));
  out.append(R"(","last-modified":")").append(basic_timestamp(attrs.last_modified));
  out += fmt::format(R"(","package-count":{},"package-version-count":{})", attrs.package_count,
                     attrs.package_version_count);
  append_files("parts", attrs.parts, out);
  append_files("updates", attrs.updates, out);
  out += ",\"version\":1}\n";
  const std::string signature = to_hex(sha1_of(out));
  out.resize(out.size() - 2);
  out += fmt::format(",\"_SIGNATURE\":{{\"sha-1\":\"{}\"}}}}\n", signature);
  return out;
}

CatalogAttrs read_attrs(std::string_view text) {
  if (text.size() > kMaxAttrs) {
    throw Error(Code::kLimit, fmt::format("{}: more than {} bytes", kAttrsName, kMaxAttrs));
  }
  const SignatureCheck check = check_signature(text, kAttrsName);
  const rapidjson::Document document = parse_stored_json(text, kAttrsName);
  CatalogAttrs attrs;
  attrs.created = time_member(document, "created");
  attrs.last_modified = time_member(document, "last-modified");
  attrs.package_count = count_member(document, "package-count");
  attrs.package_version_count = count_member(document, "package-version-count");
  attrs.parts = read_files(document, "parts");
  attrs.updates = read_files(document, "updates");
  if (count_member(document, "version") != 1) {
    throw_corrupt("{}: only version 1 is known", kAttrsName);
  }
  attrs.utf8_feature = check.utf8_feature;
  attrs.sha1 = check.sha1;
  return attrs;
}

}  // namespace metaset::ips
