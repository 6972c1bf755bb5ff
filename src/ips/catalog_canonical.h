// Signatures of catalog files (protocol/catalog.md section 5), however the file is formatted, and
// the event parser that all readers of this layer share.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"

namespace metaset::ips {

struct SignatureCheck {
  Sha1 sha1{};
  bool utf8_feature = false;
  bool upper_case_escapes = false;
};

// kCorrupt if `_SIGNATURE` is missing or does not fit. `what` names the file in messages.
SignatureCheck check_signature(std::string_view text, std::string_view what);

// parse_json() for what a repository holds: kCorrupt instead of kInvalid.
rapidjson::Document parse_stored_json(std::string_view text, std::string_view what);

// Parses UTF-8 text without recursion. A handler that returns false says why in error().
template <typename Handler>
void parse_events(std::string_view text, std::string_view what, Handler& handler) {
  const auto corrupt = [&](std::size_t offset, std::string_view reason) {
    return Error(Code::kCorrupt, fmt::format("{}: byte {}: {}", what, offset, reason));
  };
  // RapidJSON would take it for the end of the text.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw corrupt(nul, "null byte");
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (result.IsError()) {
    throw corrupt(result.Offset(),
                  handler.error().empty()
                      ? std::string_view(rapidjson::GetParseError_En(result.Code()))
                      : std::string_view(handler.error()));
  }
}

}  // namespace metaset::ips
