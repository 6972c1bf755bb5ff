#include <algorithm>
#include <limits>
#include <map>

#include "metaset/base/quantity.h"
#include "metaset/ips/manifest.h"

#include "ips/action_scan.h"
#include "ips/manifest_errors.h"
#include "ips/manifest_lines.h"
#include "ips/payload_name.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

enum class Place { kNowhere, kDependency, kSummary };

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [name](std::string_view start) { return name.starts_with(start); });
}

// Om's rule for the catalog part of a set action.
Place place_of(std::string_view name) {
  if (starts_with_any(name, {"variant", "facet", "pkg.depend."}) || name == "pkg.obsolete" ||
      name == "pkg.renamed" || name == "pkg.legacy") {
    return Place::kDependency;
  }
  if (name == "fmri" || name == "pkg.fmri" || name == "publisher" ||
      starts_with_any(name, {"info.source-url", "pkg.debug", "pkg.linted"})) {
    return Place::kNowhere;
  }
  return Place::kSummary;
}

std::string_view locale_of(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return "C";
  const std::string_view rest = name.substr(colon + 1);
  return rest.substr(0, rest.find(':'));
}

// Values that are not numbers count as nothing; a sum never overflows.
void add_number(std::string_view text, std::uint64_t& sum) {
  const std::uint64_t number = number_or_zero(text);
  sum = number > std::numeric_limits<std::uint64_t>::max() - sum
            ? std::numeric_limits<std::uint64_t>::max()
            : sum + number;
}

class Summarizer {
 public:
  void action(std::string_view line) {
    ActionScanner scanner(line);
    ++summary_.actions;
    if (scanner.type() == ActionType::kDepend) {
      summary_.dependency.push_back(Action::parse(line).text());
    } else if (scanner.type() == ActionType::kSet) {
      set_action(Action::parse(line));
    } else {
      other_action(scanner);
    }
  }

  ManifestSummary finish() {
    std::move(set_dependency_.begin(), set_dependency_.end(),
              std::back_inserter(summary_.dependency));
    for (auto& [name, actions] : locales_) {
      summary_.summary.push_back({name, std::move(actions)});
    }
    if (summary_.summary_text.empty()) summary_.summary_text = std::move(description_);
    auto& payloads = summary_.payloads;
    std::sort(payloads.begin(), payloads.end());
    payloads.erase(std::unique(payloads.begin(), payloads.end()), payloads.end());
    return std::move(summary_);
  }

 private:
  void set_action(const Action& action) {
    const std::string& name = *action.value("name");
    note(name, *action.value("value"));
    const Place place = place_of(name);
    if (place == Place::kDependency) {
      set_dependency_.push_back(action.text());
    } else if (place == Place::kSummary) {
      const std::string_view locale = locale_of(name);
      if (!is_locale_name(locale)) {
        throw_invalid("illegal locale {} in the name of a set action", quoted_for_message(locale));
      }
      locales_[std::string(locale)].push_back(action.text());
    }
  }

  // What the depot itself has to know of a set action.
  void note(std::string_view name, const std::string& value) {
    if (name == "pkg.fmri" || name == "fmri") {
      note_fmri(value);
    } else if (name == "pkg.obsolete") {
      summary_.obsolete = summary_.obsolete || value == "true";
    } else if (name == "pkg.renamed") {
      summary_.renamed = summary_.renamed || value == "true";
    } else if (name == "pkg.summary") {
      if (summary_.summary_text.empty()) summary_.summary_text = value;
    } else if (name == "description") {
      if (description_.empty()) description_ = value;
    } else if (name == "pkg.human-version") {
      if (summary_.human_version.empty()) summary_.human_version = value;
    }
  }

  void note_fmri(const std::string& value) {
    if (!summary_.fmri.name.empty()) return;
    try {
      summary_.fmri = Fmri::parse(value);
    } catch (const Error&) {
      // As good as none: check_manifest() says what is wrong with it, the catalog knows better.
    }
  }

  void other_action(ActionScanner& scanner) {
    const bool counts_size =
        scanner.type() == ActionType::kFile || scanner.type() == ActionType::kLicense;
    const bool signature = scanner.type() == ActionType::kSignature;
    std::string_view key;
    std::string_view value;
    while (scanner.next(key, value)) {
      if (counts_size && key == "pkg.size") {
        add_number(value, summary_.size);
      } else if (counts_size && key == "pkg.csize") {
        add_number(value, summary_.compressed_size);
      } else if (signature && key == "chain") {
        for_each_word(value, [this](std::string_view word) { payload(word); });
      }
    }
    payload(scanner.hash());
  }

  void payload(std::string_view name) {
    if (is_payload_name(name)) summary_.payloads.emplace_back(name);
  }

  ManifestSummary summary_;
  std::vector<std::string> set_dependency_;
  std::map<std::string, std::vector<std::string>> locales_;
  std::string description_;
};

}  // namespace

bool is_payload_name(std::string_view name) {
  return (name.size() == 40 || name.size() == 64) &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

ManifestSummary summarize(std::string_view text) {
  ManifestLines lines(text);
  Summarizer summarizer;
  std::string_view line;
  for (std::size_t count = 1; lines.next(line); ++count) {
    check_action_count(count, lines.number());
    try {
      summarizer.action(line);
    } catch (const Error& error) {
      throw at_line(error, lines.number());
    }
  }
  return summarizer.finish();
}

}  // namespace metaset::ips
