// p5i documents (protocol/formats.md section 6), as publisher/0, publisher/1, p5i/0 and pub.p5i
// have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::ips {

struct P5iRepository {
  std::string collection_type = "core";
  std::optional<std::string> description;
  std::vector<std::string> legal_uris, mirrors, origins, related_uris;
  std::optional<std::string> name;
  std::optional<std::uint64_t> refresh_seconds;
  std::string registration_uri;
};
struct P5iPublisher {
  std::optional<std::string> alias;
  std::string name;
  std::vector<std::string> packages;
  std::optional<P5iRepository> repository;  // `repositories` is [] without
};
struct P5i {
  std::vector<std::string> packages;  // top level: packages of no publisher
  std::vector<P5iPublisher> publishers;
};

// Indent 2, sorted keys, final newline, non-ASCII characters unescaped.
std::string write_p5i(const P5i& p5i);
// kInvalid for what is not p5i of version <= 1; "None" counts as absent; origins and mirrors get a
// trailing slash. Of several repositories the last one counts.
P5i read_p5i(std::string_view text);

}  // namespace metaset::ips
