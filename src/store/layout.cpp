#include "metaset/store/layout.h"

#include <algorithm>

#include "metaset/base/file.h"

namespace metaset::store {

std::string committed_directory(std::string_view repository) {
  return join_path(repository, "committed");
}
std::string staging_directory(std::string_view repository) {
  return join_path(repository, "staging");
}
std::string compacting_directory(std::string_view repository) {
  return join_path(repository, "compacting");
}
std::string payload_directory(std::string_view repository) { return join_path(repository, "file"); }
std::string catalog_directory(std::string_view repository) {
  return join_path(repository, "catalog");
}
std::string size_directory(std::string_view repository) {
  return join_path(catalog_directory(repository), "sizes");
}
std::string outline_directory(std::string_view repository) {
  return join_path(catalog_directory(repository), "outline");
}
std::string publishers_directory(std::string_view repository) {
  return join_path(repository, "publisher");
}
std::string verify_directory(std::string_view repository) {
  return join_path(repository, "verify");
}
std::string client_memory_path(std::string_view repository) {
  return join_path(catalog_directory(repository), "clients");
}
std::string metrics_path(std::string_view repository) {
  return join_path(catalog_directory(repository), "metrics");
}
std::string lock_file_path(std::string_view repository) {
  return join_path(committed_directory(repository), "lock.mdb");
}

namespace {
std::string fanned_out(std::string_view top, std::string_view name) {
  std::string path(top);
  path.append("/").append(name.substr(0, 2)).append("/").append(name);
  return path;
}
}  // namespace

std::string payload_path(std::string_view name) { return fanned_out("file", name); }
std::string payload_path(std::string_view name, std::string_view publisher) {
  return join_path(join_path("publisher", publisher), payload_path(name));
}
std::string catalog_path(std::string_view hex_sha1) { return fanned_out("catalog", hex_sha1); }

bool is_payload_name(std::string_view name) {
  return (name.size() == 40 || name.size() == 64) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace metaset::store
