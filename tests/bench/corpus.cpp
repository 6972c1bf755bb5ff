#include "corpus.h"

#include <algorithm>
#include <array>
#include <random>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/hash.h"
#include "metaset/ips/manifest.h"

namespace metaset::bench {

namespace {

constexpr std::string_view kName = "set name=pkg.fmri value=";
constexpr std::string_view kNoHash = " NOHASH ";
constexpr std::int64_t kFirstBuild = 1'727'740'800;  // 2024-10-01T00:00:00Z
constexpr std::int64_t kSecondsBetween = 86'400;
constexpr std::array<std::string_view, 24> kWords = {
    "return", "const",  "static", "struct", "if (",    "for (",  "while (",  "void",
    "int",    "buffer", "length", "offset", "pointer", "result", "NULL",     "sizeof",
    "char *", "error",  "break;", "case",   "default", "switch", "#include", "unsigned"};

// The corpus was made from sources in which a license is a list of words, and has only the first
// one: "license='Apache pkg.size=26762". Closes the quote.
std::string with_closed_quote(std::string_view line) {
  constexpr std::string_view kOpen = " license='";
  std::string text(line);
  const std::size_t open = text.find(kOpen);
  if (open == std::string::npos) return text;
  const std::size_t blank = text.find(' ', open + kOpen.size());
  if (text.find('\'', open + kOpen.size()) == std::string::npos) {
    text.insert(std::min(blank, text.size()), 1, '\'');
  }
  return text;
}

// A dozen other lines are no actions, neither here nor for the stock tools.
bool is_action(std::string_view line) {
  try {
    ips::Action::parse(line);
    return true;
  } catch (const Error&) {
    return false;
  }
}

Package read_package(const std::string& path, const std::vector<std::string>& payloads) {
  const std::string text = read_file(path, ips::kMaxManifestText);
  Package package;
  std::size_t turn = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line = with_closed_quote(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.starts_with(kName)) {
      package.stem = line.substr(kName.size());
      continue;
    }
    if (!is_action(line)) continue;
    const std::size_t hash = line.find(kNoHash);
    if (hash == std::string_view::npos || hash != line.find(' ')) {
      package.body.append(line).append("\n");
      continue;
    }
    package.body.append(line, 0, hash + 1);
    package.body.append(payloads.empty() ? to_hex(sha1_of(line))
                                         : payloads[turn++ % payloads.size()]);
    package.body.append(line, hash + kNoHash.size() - 1).append("\n");
  }
  const std::size_t last = package.stem.find_last_not_of("0123456789");
  if (last == std::string::npos || last + 1 == package.stem.size()) {
    throw Error(Code::kInvalid, path + ": no pkg.fmri with a branch that ends in a number");
  }
  package.stem.resize(last + 1);
  return package;
}

std::mt19937 generator_of(std::string_view seed) {
  const Sha256 digest = sha256_of(seed);
  std::seed_seq sequence(digest.begin(), digest.end());
  return std::mt19937(sequence);
}

}  // namespace

std::vector<Package> read_corpus(const std::string& directory,
                                 const std::vector<std::string>& payloads) {
  std::vector<Package> packages;
  for (const std::string& name : list_directory(directory)) {
    if (name.ends_with(".p5m")) {
      packages.push_back(read_package(join_path(directory, name), payloads));
    }
  }
  if (packages.empty()) throw Error(Code::kNotFound, "no manifests (*.p5m) in " + directory);
  return packages;
}

std::string fmri_of(const Package& package, unsigned build, Time time) {
  return package.stem + std::to_string(build) + ":" + fmri_timestamp(time);
}

std::string manifest_of(const Package& package, unsigned build, Time time) {
  return std::string(kName) + fmri_of(package, build, time) + "\n" + package.body;
}

Time time_of_build(unsigned build) {
  return Time{(kFirstBuild + std::int64_t{build} * kSecondsBetween) * 1'000'000};
}

std::string noise(std::string_view seed, std::size_t size) {
  std::mt19937 generator = generator_of(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator() & 0xff);
  return bytes;
}

std::string prose(std::string_view seed, std::size_t size) {
  std::mt19937 generator = generator_of(seed);
  std::string text;
  while (text.size() < size) {
    const std::uint_fast32_t draw = generator();
    // Every word is followed by something that is rarely the same again.
    text += kWords[draw % kWords.size()];
    text += draw % 7 == 0 ? "\n" : " ";
    if (draw % 3 == 0) text += std::to_string(draw >> 20);
  }
  text.resize(size);
  return text;
}

}  // namespace metaset::bench
