#include "metaset/ips/payload_names.h"

#include <algorithm>

#include "ips/action_scan.h"
#include "ips/manifest_lines.h"
#include "ips/payload_name.h"

namespace metaset::ips {

namespace {

using Visit = std::function<void(std::string_view)>;

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n", end), text.size()));
  return word;
}

void scan(std::string_view line, const Visit& visit) {
  ActionScanner scanner(line);
  std::string_view key, value;
  while (scanner.next(key, value)) {
    if (scanner.type() != ActionType::kSignature || key != "chain") continue;
    for_each_word(value, [&](std::string_view word) {
      if (is_payload_name(word)) visit(word);
    });
  }
  if (is_payload_name(scanner.hash())) visit(scanner.hash());
}

}  // namespace

void for_each_payload_name(std::string_view manifest, const Visit& visit) {
  ManifestLines lines(manifest);
  std::string_view line;
  while (lines.next(line)) {
    std::string_view rest = line;
    const auto type = type_from_name(take_word(rest));
    if (!type || !has_payload(*type)) continue;
    // Nearly always the name is the second word, and nothing else is of interest.
    const std::string_view word = take_word(rest);
    if (*type != ActionType::kSignature && is_payload_name(word)) {
      visit(word);
    } else {
      scan(line, visit);
    }
  }
}

}  // namespace metaset::ips
