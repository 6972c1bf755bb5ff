// Base, request URI and form body, each on a line: nothing of a URI gets lost or leaves its bounds.
#include <algorithm>
#include <string>

#include "metaset/base/percent.h"
#include "metaset/http/error_page.h"
#include "metaset/http/request.h"
#include "metaset/http/routes.h"
#include "metaset/http/target.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::require;
using metaset::http::Segment;
using metaset::http::Target;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void check(const Target& target) {
  require(target.path().starts_with(target.prefix()));
  require(target.segments().size() <= metaset::http::kMaxSegments);
  for (const Segment& segment : target.segments()) {
    require(!segment.raw.empty() && segment.raw.find('/') == std::string_view::npos);
    require(metaset::is_utf8(segment.text));
    require(segment.text.find('\0') == std::string_view::npos);
  }
  require(target.arguments().size() <= target.segments().size());
  if (!target.operation().empty()) require(metaset::http::is_operation_word(target.operation()));
  require(!metaset::http::is_operation_word(target.publisher()));
  require(target.view() != metaset::http::View::kActive || target.view_name().empty());
  // Every operation argument is reachable again by encoding it anew.
  std::string path;
  for (const Segment& segment : target.segments()) {
    path += '/' + metaset::percent_encode(segment.text);
  }
  if (path.size() > metaset::http::kMaxUri || target.path().starts_with("//")) return;
  Target again;
  again.parse(path, "");
  // A view below a view is none.
  if (again.view() != metaset::http::View::kActive) return;
  require(again.segments().size() == target.segments().size());
  require(again.joined_arguments() == target.joined_arguments() ||
          again.operation() != target.operation());
  require(again.has_dots() <= target.has_dots());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = metaset::fuzz::text_of(data, size);
  const std::string_view base = take_line(text);
  const std::string_view line = take_line(text);
  const std::string_view uri = line.substr(0, line.find('\0'));  // as the environment has it
  try {
    Target target;
    target.parse("/open/0/left%ffover", "");  // what is parsed anew must not show
    target.parse(uri, base);
    check(target);
  } catch (const metaset::http::StatusError& error) {
    require(error.status() == 414);
  } catch (const metaset::Error& error) {
    require(error.code() == metaset::Code::kInvalid || error.code() == metaset::Code::kNotFound);
  }
  require(uri.starts_with(metaset::http::script_base(base, "", uri)));
  metaset::fuzz::accepts([&] {
    for (const auto& [name, value] : metaset::http::parse_form(text)) {
      require(metaset::http::form_value(text, name).has_value());
      if (text.size() > 1000) break;  // form_value reads the text again
    }
  });
  return 0;
}
