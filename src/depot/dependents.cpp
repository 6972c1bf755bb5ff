#include "metaset/depot/dependents.h"

#include <algorithm>
#include <optional>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/ips/action.h"
#include "metaset/ips/fmri.h"

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
    std::string_view newest;  // row of the newest version so far
    std::string its_name;
    const auto finish = [&] {
      if (newest.empty()) return;
      const auto entry = store::PackageEntry::decode(newest);
      if (!entry.dependency) return;
      const auto type = type_in(view.text(*entry.dependency), publisher, name);
      if (!type) return;
      if (++result.total > limit) return;
      result.packages.push_back({facts.publisher.prefix, its_name, entry.version, *type});
    };
    const std::string prefix = store::u32_key(facts.publisher.id);
    lmdb::Cursor cursor(view.txn(), view.env().table(store::kPackages));
    for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
         more = cursor.next()) {
      if (!store::PackageEntry::visible(cursor.value(), view.number())) continue;
      const std::string_view now = store::name_in_package_key(cursor.key());
      if (now != its_name) finish();
      if (now != its_name) its_name = now;
      newest = cursor.value();
    }
    finish();
  }
  return result;
}

}  // namespace metaset::depot
