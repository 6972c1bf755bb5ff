#include <array>
#include <charconv>
#include <limits>

#include "metaset/ips/search_query.h"

#include "ips/search_query_lex.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

// The fields before the text.
constexpr std::array<std::string_view, 4> kFields = {"case_sensitive", "return_type",
                                                     "num_to_return", "start_point"};

// For a message, without quotes.
std::string shown(std::string_view text) {
  const std::string quoted = quoted_for_message(text);
  return quoted.substr(1, quoted.size() - 2);
}

[[noreturn]] void bad_field(std::string_view query, std::size_t field, std::string_view value) {
  throw_invalid("In query {}, {} had a bad value of {}.", shown(query), kFields.at(field),
                quoted_for_message(value));
}

struct SearchNumber {
  bool negative = false;
  std::uint64_t value = 0;
};

// A decimal number with spaces around it and a sign.
std::optional<SearchNumber> parse_number(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  text = without_trailing_space(text);
  SearchNumber number;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (!consists_of_digits(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error != std::errc()) number.value = std::numeric_limits<std::uint64_t>::max();
  return number;
}

// nullopt: "None".
std::optional<std::uint64_t> optional_number(std::string_view query, std::size_t field,
                                             std::string_view value) {
  if (value == "None") return std::nullopt;
  const auto number = parse_number(value);
  if (!number) bad_field(query, field, value);
  return number->negative ? 0 : number->value;
}

}  // namespace

SearchRequest SearchRequest::parse(std::string_view text) {
  check_search_text(text);
  std::array<std::string_view, kFields.size()> fields;
  std::string_view rest = text;
  for (std::string_view& field : fields) {
    const std::size_t end = rest.find('_');
    if (end == std::string_view::npos) {
      throw_invalid(
          "A query has five fields: case sensitivity, return type, number of results, the number "
          "of the first result, and the text. This one lacks at least one of them:\n{}",
          shown(text));
    }
    field = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  SearchRequest request;
  if (fields[0] != "True" && fields[0] != "False") bad_field(text, 0, fields[0]);
  request.case_sensitive = fields[0] == "True";
  const auto type = parse_number(fields[1]);
  if (!type || type->negative || (type->value != 1 && type->value != 2)) {
    bad_field(text, 1, fields[1]);
  }
  request.packages = type->value == 1;
  request.limit = optional_number(text, 2, fields[2]);
  request.start = optional_number(text, 3, fields[3]).value_or(0);
  request.query = parse_search(rest);
  if (request.packages) request.query = as_packages(std::move(request.query));
  return request;
}

SearchRequest SearchRequest::parse_v0(std::string_view text) {
  SearchRequest request;
  request.query = parse_search(text);
  if (request.query.gives_packages()) {
    throw_invalid("A query for packages is answered by search/1 only:\n\t{}", request.query.text());
  }
  return request;
}

}  // namespace metaset::ips
