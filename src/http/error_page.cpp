#include "metaset/http/error_page.h"

#include <fmt/format.h>

#include "metaset/base/xml.h"
#include "metaset/http/response.h"

namespace metaset::http {

std::string error_page(int status, std::string_view message) {
  std::string escaped;
  append_xml(message, escaped, Quotes::kDouble);
  const std::string title = fmt::format("{} {}", status, reason_phrase(status));
  return fmt::format(
      "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n"
      "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
      "<html><head><title>{}</title></head>\n"
      "<body><h2>{}</h2><p>{}</p></body></html>\n",
      title, title, escaped);
}

}  // namespace metaset::http
