#include "metaset/depot/dependents.h"

#include <algorithm>
#include <optional>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/ips/action.h"
#include "metaset/ips/fmri.h"

#include "depot/visible_names.h"

namespace metaset::depot {

namespace {

// Whether the character at that place of a JSON text is escaped.
bool is_escaped(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// The JSON string, with its quotes, that the place is in; empty if it is in none.
std::string_view string_around(std::string_view text, std::size_t at) {
  std::size_t begin = text.rfind('"', at);
  while (begin != std::string_view::npos && begin > 0 && is_escaped(text, begin)) {
    begin = text.rfind('"', begin - 1);
  }
  std::size_t end = text.find('"', at);
  while (end != std::string_view::npos && is_escaped(text, end)) end = text.find('"', end + 1);
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  return text.substr(begin, end + 1 - begin);
}

std::string unquoted(std::string_view string) {
  if (string.find('\\') == std::string_view::npos) {
    return std::string(string.substr(1, string.size() - 2));
  }
  const auto document = parse_json("[" + std::string(string) + "]", "catalog text");
  return {document[0].GetString(), document[0].GetStringLength()};
}

bool names_package(const std::string& text, std::string_view publisher, std::string_view name) {
  try {
    const ips::Fmri fmri = ips::Fmri::parse(text);
    return fmri.name == name && (fmri.publisher.empty() || fmri.publisher == publisher);
  } catch (const Error&) {
    return false;
  }
}

// The type of the first dependency on the package.
std::optional<std::string> type_in(std::string_view text, std::string_view publisher,
                                   std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;) {
    const std::string_view string = string_around(text, at);
    if (string.empty()) return std::nullopt;
    const ips::Action action = ips::Action::parse(unquoted(string));
    const auto* wanted =
        action.type() == ips::ActionType::kDepend ? action.values("fmri") : nullptr;
    if (wanted != nullptr && std::ranges::any_of(*wanted, [&](const std::string& one) {
          return names_package(one, publisher, name);
        })) {
      const std::string* type = action.value("type");
      return type == nullptr ? std::string() : *type;
    }
    at = text.find(name, static_cast<std::size_t>(string.data() - text.data()) + string.size());
  }
  return std::nullopt;
}

}  // namespace

Dependents find_dependents(const store::View& view, const Publishers& publishers,
                           std::string_view publisher, std::string_view name, std::size_t limit) {
  Dependents result;
  for (const PublisherFacts& facts : publishers.all()) {
    for_each_visible_name(
        view, facts.publisher, "",
        [&](const std::string& its_name, const std::vector<std::string_view>& rows) {
          const auto newest = store::PackageEntry::decode(rows.back());
          if (!newest.dependency) return;
          const auto type = type_in(view.text(*newest.dependency), publisher, name);
          if (!type || ++result.total > limit) return;
          result.packages.push_back({facts.publisher.prefix, its_name, newest.version, *type});
        });
  }
  return result;
}

}  // namespace metaset::depot
