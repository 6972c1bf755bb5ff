// Names of everything below a repository directory (man/metaset-repository.5). Pure string
// functions.
#pragma once

#include <string>
#include <string_view>

namespace metaset::store {

// REPO/committed, REPO/staging: LMDB environments. REPO/file: payloads. REPO/catalog: catalog
// files.
std::string committed_directory(std::string_view repository);
std::string staging_directory(std::string_view repository);
std::string payload_directory(std::string_view repository);
std::string catalog_directory(std::string_view repository);
// REPO/catalog/outline: what pages show of large manifests (outlines.h).
std::string outline_directory(std::string_view repository);
// REPO/catalog/sizes: what large metasets added (added_sizes.h).
std::string size_directory(std::string_view repository);
// REPO/compacting: a copy of committed/ that is to take its place (compact.h).
std::string compacting_directory(std::string_view repository);
// REPO/publisher: PUB/file/XX/HASH are links to the payloads of each publisher, so that a web
// server can serve /PUB/file/1/HASH without asking anybody.
std::string publishers_directory(std::string_view repository);
// REPO/verify: how far the verification of payloads came.
std::string verify_directory(std::string_view repository);

// REPO/catalog/clients: what clients were given (group/client_memory.h). committed/lock.mdb: like
// catalog, whoever serves the repository can write it.
std::string client_memory_path(std::string_view repository);
// REPO/catalog/metrics: what workers count (metrics/counters.h), unless that has another place.
std::string metrics_path(std::string_view repository);
std::string lock_file_path(std::string_view repository);

// file/XX/HASH, publisher/PUB/file/XX/HASH and catalog/XX/HASH: the path relative to the
// repository. The name must be hex.
std::string payload_path(std::string_view name);
std::string payload_path(std::string_view name, std::string_view publisher);
std::string catalog_path(std::string_view hex_sha1);

// 40 (SHA-1) or 64 (SHA-256, SHA-512/256) lower-case hex digits: the only legal payload names.
bool is_payload_name(std::string_view name);

}  // namespace metaset::store
