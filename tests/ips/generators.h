// Random values of the model, for properties.
#pragma once

#include <string>
#include <vector>

#include <rapidcheck.h>

#include "metaset/ips/action.h"
#include "metaset/ips/fmri.h"

namespace metaset::ips::testing {

// Runs a property many times; prints the smallest case that breaks it.
template <typename Property>
bool holds(Property&& property) {
  return rc::check(std::forward<Property>(property));
}

inline rc::Gen<std::string> number() {
  // Small numbers often, so that equal beginnings occur; some are far beyond 64 bits.
  return rc::gen::oneOf(
      rc::gen::element<std::string>("0", "1", "2", "9", "10", "11", "99", "100"),
      rc::gen::map(rc::gen::inRange<unsigned>(0, 100000),
                   [](unsigned value) { return std::to_string(value); }),
      rc::gen::element<std::string>("18446744073709551616", "99999999999999999999999"));
}

inline rc::Gen<std::string> dotted() {
  return rc::gen::map(
      rc::gen::resize(4, rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(number()))),
      [](const std::vector<std::string>& numbers) {
        std::string out;
        for (const std::string& text : numbers) out += (out.empty() ? "" : ".") + text;
        return out;
      });
}

inline rc::Gen<std::string> version_text() {
  const auto any = rc::gen::map(
      rc::gen::tuple(
          dotted(), rc::gen::element<std::string>("", ",5.11", ",5.10", ",0"),
          rc::gen::oneOf(
              rc::gen::just(std::string()),
              rc::gen::map(dotted(), [](const std::string& text) { return '-' + text; })),
          rc::gen::element<std::string>("", ":20240501T100000Z", ":20240501T100001Z",
                                        ":19991231T235959Z", ":20240229T000000Z")),
      [](const std::tuple<std::string, std::string, std::string, std::string>& parts) {
        return std::get<0>(parts) + std::get<1>(parts) + std::get<2>(parts) + std::get<3>(parts);
      });
  return rc::gen::suchThat(any,
                           [](const std::string& text) { return text.size() <= kMaxVersionText; });
}

inline rc::Gen<std::string> text_of(std::string_view characters) {
  return rc::gen::container<std::string>(rc::gen::elementOf(std::string(characters)));
}

inline rc::Gen<std::string> package_name() {
  const auto component = rc::gen::map(
      rc::gen::pair(rc::gen::elementOf(std::string("abzABZ09")),
                    rc::gen::resize(8, text_of("abcXYZ0189_.+-"))),
      [](const std::pair<char, std::string>& parts) { return parts.first + parts.second; });
  return rc::gen::map(
      rc::gen::resize(4,
                      rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(component))),
      [](const std::vector<std::string>& components) {
        std::string out;
        for (const std::string& text : components) out += (out.empty() ? "" : "/") + text;
        return out;
      });
}

inline rc::Gen<std::string> publisher_name() {
  return rc::gen::element<std::string>("", "test", "example.org", "veg-dev", "0x", "A.b-c");
}

// Any byte but null, with those that the grammar cares about often.
inline rc::Gen<std::string> attribute_value() {
  const auto byte = rc::gen::oneOf(
      rc::gen::elementOf(std::string("\\\\\"\"'' \t\n=$(ab")),
      rc::gen::map(rc::gen::inRange(1, 256), [](int value) { return static_cast<char>(value); }));
  return rc::gen::container<std::string>(byte);
}

inline rc::Gen<std::string> attribute_key() {
  return rc::gen::suchThat(
      rc::gen::oneOf(rc::gen::element<std::string>("name", "value", "mode", "pkg.size", "facet.a"),
                     rc::gen::nonEmpty(text_of("abcdefgh.-_:\\$\xc3\xa9"))),
      [](const std::string& key) { return key != "data" && key != "hash" && key != "path"; });
}

// An action that keeps the rules: its key attribute is there once, path is not empty.
inline rc::Gen<Action> action() {
  return rc::gen::exec([] {
    const auto type =
        static_cast<ActionType>(*rc::gen::inRange(0, static_cast<int>(ActionType::kUnknown) + 1));
    Action out(type, has_payload(type) ? *rc::gen::oneOf(rc::gen::just(std::string()),
                                                         attribute_value(), text_of("0123abc"))
                                       : std::string());
    const auto attributes = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
        rc::gen::pair(attribute_key(), attribute_value()));
    for (const auto& [key, value] : attributes) out.add(key, value);
    if (type == ActionType::kUnknown && out.attributes().empty()) out.add("a", "b");
    const std::string key(key_attribute(type));
    if (!key.empty()) out.set(key, key == "path" ? "usr/bin/x" : *attribute_value());
    if (type == ActionType::kSet) out.add("value", *attribute_value());
    return out;
  });
}

}  // namespace metaset::ips::testing
