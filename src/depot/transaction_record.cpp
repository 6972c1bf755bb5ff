#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "metaset/base/error.h"
#include "metaset/depot/transaction.h"

namespace metaset::depot {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, const char* key, std::string_view value) {
  writer.Key(key);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

std::string text_of(const rapidjson::Document& document, const char* key) {
  const auto member = document.FindMember(key);
  if (member == document.MemberEnd() || !member->value.IsString()) {
    throw Error(Code::kCorrupt, std::string("the record of an open transaction lacks ") + key);
  }
  return {member->value.GetString(), member->value.GetStringLength()};
}

}  // namespace

std::string TransactionRecord::to_json() const {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put(writer, "id", id);
  put(writer, "fmri", fmri.text());
  put(writer, "kind", append ? "append" : "open");
  put(writer, "base", base);
  put(writer, "who", owner.who);
  put(writer, "area", owner.area);
  put(writer, "address", address);
  put(writer, "opened", basic_timestamp(opened));
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

TransactionRecord TransactionRecord::from_json(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());  // of any depth
  if (document.HasParseError() || !document.IsObject()) {
    throw Error(Code::kCorrupt, "the record of an open transaction is not JSON");
  }
  TransactionRecord record;
  record.id = text_of(document, "id");
  record.fmri = ips::Fmri::parse(text_of(document, "fmri"));
  record.append = text_of(document, "kind") == "append";
  record.base = text_of(document, "base");
  record.owner = {text_of(document, "who"), text_of(document, "area")};
  record.address = text_of(document, "address");
  record.opened = parse_basic_timestamp(text_of(document, "opened")).value_or(Time{});
  return record;
}

}  // namespace metaset::depot
