#include "metaset/ips/payloads.h"

#include <algorithm>
#include <vector>

#include "metaset/base/quantity.h"

#include "ips/action_scan.h"
#include "ips/manifest_errors.h"
#include "ips/manifest_lines.h"
#include "ips/payload_name.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

void append_words(std::string_view text, std::vector<std::string>& words) {
  for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
}

void payloads_of(ActionScanner& scanner, const PayloadVisitor& visit) {
  std::uint64_t csize = 0;
  std::vector<std::string> chain, chain_csizes;
  std::string_view key, value;
  while (scanner.next(key, value)) {
    if (key == "pkg.csize") {
      csize = number_or_zero(value);
    } else if (key == "chain") {
      append_words(value, chain);
    } else if (key == "chain.csizes") {
      append_words(value, chain_csizes);
    }
  }
  if (is_payload_name(scanner.hash())) visit(scanner.hash(), csize);
  if (scanner.type() != ActionType::kSignature) return;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const bool known = i < chain_csizes.size();
    if (is_payload_name(chain[i])) visit(chain[i], known ? number_or_zero(chain_csizes[i]) : 0);
  }
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n", end), text.size()));
  return word;
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

void for_each_payload_name(std::string_view manifest,
                           const std::function<void(std::string_view name)>& visit) {
  const PayloadVisitor name_only = [&visit](std::string_view name, std::uint64_t) { visit(name); };
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
      ActionScanner scanner(line);
      payloads_of(scanner, name_only);
    }
  }
}

}  // namespace metaset::ips
