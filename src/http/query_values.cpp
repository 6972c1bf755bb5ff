#include "http/query_values.h"

#include <charconv>

#include <fmt/format.h>

#include "metaset/base/error.h"

namespace metaset::http {

std::uint64_t number_in_query(const Exchange& exchange, std::string_view name,
                              std::uint64_t otherwise, NumberRange range) {
  const auto text = form_value(exchange.target.query(), name);
  if (!text) return otherwise;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc() && end == text->data() + text->size() && number >= range.least &&
      number <= range.most) {
    return number;
  }
  const std::string rule = range.least == 0 ? fmt::format("up to {}", range.most)
                                            : fmt::format("from {} to {}", range.least, range.most);
  throw Error(Code::kInvalid,
              fmt::format("{} is '{}': it must be a number {}.", name, *text, rule));
}

std::string text_in_query(const Exchange& exchange, std::string_view name, std::size_t most) {
  std::string value = form_value(exchange.target.query(), name).value_or("");
  if (value.size() <= most) return value;
  throw Error(Code::kInvalid, fmt::format("{} has more than {} bytes.", name, most));
}

depot::BrowseQuery packages_in_query(const Exchange& exchange) {
  depot::BrowseQuery query;
  query.under = text_in_query(exchange, "under");
  if (!query.under.empty() && !query.under.ends_with('/')) query.under += '/';
  query.classification = text_in_query(exchange, "class");
  query.name = text_in_query(exchange, "q");
  query.all_versions = text_in_query(exchange, "versions") == "all";
  return query;
}

web::FindQuery search_in_query(const Exchange& exchange, std::size_t most) {
  web::FindQuery query;
  query.text = text_in_query(exchange, "q", most);
  query.actions = text_in_query(exchange, "for") == "actions";
  query.case_sensitive = text_in_query(exchange, "case") == "1";
  return query;
}

}  // namespace metaset::http
