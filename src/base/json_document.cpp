// The part of json.h that is about whole documents.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <rapidjson/encodedstream.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"

#include "base/json_escape.h"

namespace metaset {
namespace {

constexpr int kMaxDepth = 32;

[[noreturn]] void fail(std::string_view what, std::size_t offset, std::string_view reason) {
  throw Error(Code::kInvalid,
              fmt::format("{} is not valid JSON at offset {}: {}", what, offset, reason));
}

// The length of the escape at `at`, surrogate pairs together. RapidJSON looks at the second half of
// a pair only after a first one; alone it would become text that is not UTF-8.
std::size_t escape_length(std::string_view text, std::size_t at, std::string_view what) {
  const std::string_view escape = text.substr(at, 4);
  if (escape.size() < 4 || escape[1] != 'u' || (escape[2] | 0x20) != 'd') return 2;
  constexpr std::string_view kFirstHalf = "89abAB";
  constexpr std::string_view kSecondHalf = "cdefCDEF";
  if (kSecondHalf.find(escape[3]) != std::string_view::npos) fail(what, at, "lone surrogate");
  const bool pair = kFirstHalf.find(escape[3]) != std::string_view::npos;
  return pair && text.substr(std::min(at + 6, text.size())).starts_with("\\u") ? 12 : 6;
}

// Looks for what RapidJSON's parser does badly: it recurses without bound, takes a null byte for
// the end of the text, and lets through half a surrogate pair.
void check_text(std::string_view text, std::string_view what) {
  const std::size_t null = text.find('\0');
  if (null != std::string_view::npos) fail(what, null, "null byte");
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      if (c == '\\') i += escape_length(text, i, what) - 1;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) {
        fail(what, i, fmt::format("nested deeper than {} levels", kMaxDepth));
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

class PrettyWriter {
 public:
  PrettyWriter(bool ascii, std::string& out) : ascii_(ascii), out_(out) {}

  void write(const rapidjson::Value& value) {
    switch (value.GetType()) {
      case rapidjson::kNullType:
        out_ += "null";
        break;
      case rapidjson::kFalseType:
        out_ += "false";
        break;
      case rapidjson::kTrueType:
        out_ += "true";
        break;
      case rapidjson::kStringType:
        write_string(value);
        break;
      case rapidjson::kNumberType:
        write_number(value);
        break;
      case rapidjson::kArrayType:
        write_array(value);
        break;
      case rapidjson::kObjectType:
        write_object(value);
        break;
    }
  }

 private:
  void write_string(const rapidjson::Value& value) {
    append_quoted({value.GetString(), value.GetStringLength()}, ascii_, out_);
  }

  void write_number(const rapidjson::Value& value) {
    if (value.IsInt64()) {
      out_ += fmt::to_string(value.GetInt64());
    } else if (value.IsUint64()) {
      out_ += fmt::to_string(value.GetUint64());
    } else {
      write_double(value.GetDouble());
    }
  }

  // As Python's repr: the shortest digits that give the same number, and never like an integer.
  void write_double(double number) {
    if (!std::isfinite(number)) {
      throw Error(Code::kInternal, fmt::format("JSON cannot express the number {}", number));
    }
    const std::string digits = fmt::format("{}", number);
    out_ += digits;
    if (digits.find_first_of(".e") == std::string::npos) out_ += ".0";
  }

  void write_array(const rapidjson::Value& value) {
    if (value.Empty()) {
      out_ += "[]";
      return;
    }
    begin('[');
    for (const rapidjson::Value& element : value.GetArray()) {
      next();
      write(element);
    }
    end(']');
  }

  void write_object(const rapidjson::Value& value) {
    if (value.ObjectEmpty()) {
      out_ += "{}";
      return;
    }
    std::vector<rapidjson::Value::ConstMemberIterator> members;
    members.reserve(value.MemberCount());
    for (auto m = value.MemberBegin(); m != value.MemberEnd(); ++m) members.push_back(m);
    // Byte order of UTF-8 is code point order, which is Python's.
    std::stable_sort(members.begin(), members.end(),
                     [](auto a, auto b) { return text_of(a->name) < text_of(b->name); });
    begin('{');
    for (const auto& member : members) {
      next();
      write_string(member->name);
      out_ += ": ";
      write(member->value);
    }
    end('}');
  }

  static std::string_view text_of(const rapidjson::Value& name) {
    return {name.GetString(), name.GetStringLength()};
  }

  void begin(char bracket) {
    out_ += bracket;
    indent_ += 2;
    first_ = true;
  }
  void next() {
    if (!first_) out_ += ',';
    first_ = false;
    new_line();
  }
  void end(char bracket) {
    indent_ -= 2;
    first_ = false;
    new_line();
    out_ += bracket;
  }
  void new_line() {
    out_ += '\n';
    out_.append(indent_, ' ');
  }

  const bool ascii_;
  std::string& out_;
  std::size_t indent_ = 0;
  bool first_ = true;
};

// Hands a parser's events on to a document, except that numbers arrive as text: the conversion that
// RapidJSON has is undefined for zeros with a large exponent; the standard library's is exact.
class NumberConverter {
 public:
  explicit NumberConverter(rapidjson::Document& document) : document_(document) {}

  // False, which ends the parsing there, for numbers that no type holds.
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const char* end = text + size;
    std::int64_t integer = 0;
    if (const auto parsed = std::from_chars(text, end, integer);
        parsed.ec == std::errc() && parsed.ptr == end) {
      return document_.Int64(integer);
    }
    std::uint64_t natural = 0;
    if (const auto parsed = std::from_chars(text, end, natural);
        parsed.ec == std::errc() && parsed.ptr == end) {
      return document_.Uint64(natural);
    }
    double number = 0;
    return std::from_chars(text, end, number).ec == std::errc() && document_.Double(number);
  }

  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool String(const char* text, rapidjson::SizeType size, bool copy) {
    return document_.String(text, size, copy);
  }
  bool StartObject() { return document_.StartObject(); }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) {
    return document_.Key(text, size, copy);
  }
  bool EndObject(rapidjson::SizeType count) { return document_.EndObject(count); }
  bool StartArray() { return document_.StartArray(); }
  bool EndArray(rapidjson::SizeType count) { return document_.EndArray(count); }
  // Never called: numbers are text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  rapidjson::Document& document_;
};

std::string_view reason_of(rapidjson::ParseErrorCode code) {
  if (code == rapidjson::kParseErrorTermination) return "number out of range";
  std::string_view reason = rapidjson::GetParseError_En(code);
  if (reason.ends_with('.')) reason.remove_suffix(1);
  return reason;
}

}  // namespace

rapidjson::Document parse_json(std::string_view text, std::string_view what) {
  constexpr unsigned kFlags =
      rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  check_text(text, what);
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> input(bytes);
  rapidjson::Reader reader;
  rapidjson::ParseResult result;
  rapidjson::Document document;
  const auto parse = [&](rapidjson::Document& receiver) {
    NumberConverter converter(receiver);
    result = reader.Parse<kFlags>(input, converter);
    return !result.IsError();
  };
  document.Populate(parse);
  if (result.IsError()) fail(what, result.Offset(), reason_of(result.Code()));
  return document;
}

std::string pretty_json(const rapidjson::Value& value, bool ascii) {
  std::string out;
  PrettyWriter(ascii, out).write(value);
  out += '\n';
  return out;
}

}  // namespace metaset
