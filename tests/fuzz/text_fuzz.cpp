// The small codings of base: JSON strings and documents, percent-encoding, base64, hex, times.
#include <string>

#include "metaset/base/base64.h"
#include "metaset/base/clock.h"
#include "metaset/base/hash.h"
#include "metaset/base/json.h"
#include "metaset/base/percent.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::require;

void codings(std::string_view text) {
  require(metaset::percent_decode(metaset::percent_encode(text)) == text);
  require(metaset::percent_decode(metaset::percent_encode(text, true)) == text);
  require(metaset::from_hex(metaset::to_hex(text)) == text);
  require(metaset::decode_base64(metaset::encode_base64(text)) == text);
  if (const auto bytes = metaset::decode_base64(text)) {
    require(metaset::encode_base64(*bytes) == text);
  }
  metaset::percent_decode(text);
  if (const auto bytes = metaset::from_hex(text)) require(bytes->size() * 2 == text.size());
}

void json(std::string_view text) {
  const std::string quoted = metaset::json_string(text);
  const rapidjson::Document back = metaset::parse_json(quoted, "string");
  require(back.IsString());
  const std::string_view value(back.GetString(), back.GetStringLength());
  if (metaset::is_utf8(text)) require(value == text);
  for (const char c : quoted) require(c >= 0x20);  // ASCII, no control characters but DEL

  metaset::fuzz::accepts([&] {
    const rapidjson::Document document = metaset::parse_json(text, "document");
    for (const bool ascii : {false, true}) {
      const std::string pretty = metaset::pretty_json(document, ascii);
      require(metaset::pretty_json(metaset::parse_json(pretty, "again"), ascii) == pretty);
    }
  });
}

void times(std::string_view text) {
  if (const auto time = metaset::parse_basic_timestamp(text)) {
    require(metaset::parse_basic_timestamp(metaset::basic_timestamp(*time)) == time);
    require(metaset::update_hour(time->hour()) ==
            metaset::fmri_timestamp(*time).substr(0, 11) + "Z");
  }
  if (const auto hour = metaset::parse_update_hour(text)) {
    require(metaset::update_hour(*hour) == text);
  }
  if (const auto time = metaset::parse_http_date(text)) {
    require(metaset::parse_http_date(metaset::http_date(*time)) == time);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  codings(text);
  json(text);
  times(text);
  return 0;
}
