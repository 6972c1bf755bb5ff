#include "metaset/ips/payload_sizes.h"

#include <algorithm>
#include <vector>

#include "ips/action_scan.h"
#include "ips/manifest_errors.h"
#include "ips/manifest_lines.h"
#include "ips/payload_name.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

void payloads_of(ActionScanner& scanner, const PayloadVisitor& visit) {
  std::uint64_t csize = 0;
  std::vector<std::string> chain, chain_csizes;
  std::string_view key, value;
  while (scanner.next(key, value)) {
    if (key == "pkg.csize") {
      csize = number_or_zero(value);
    } else if (key == "chain") {
      chain = words_of(value);
    } else if (key == "chain.csizes") {
      chain_csizes = words_of(value);
    }
  }
  if (is_payload_name(scanner.hash())) visit(scanner.hash(), csize);
  if (scanner.type() != ActionType::kSignature) return;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const bool known = i < chain_csizes.size();
    if (is_payload_name(chain[i])) visit(chain[i], known ? number_or_zero(chain_csizes[i]) : 0);
  }
}

}  // namespace

void for_each_payload(std::string_view manifest, const PayloadVisitor& visit) {
  ManifestLines lines(manifest);
  std::string_view line;
  for (std::size_t count = 1; lines.next(line); ++count) {
    check_action_count(count, lines.number());
    try {
      ActionScanner scanner(line);
      if (has_payload(scanner.type())) payloads_of(scanner, visit);
    } catch (const Error& error) {
      throw at_line(error, lines.number());
    }
  }
}

}  // namespace metaset::ips
