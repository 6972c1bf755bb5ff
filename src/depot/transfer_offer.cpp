#include "metaset/depot/transfer_offer.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/depot/documents.h"
#include "metaset/store/tags.h"

namespace metaset::depot {

namespace {

[[noreturn]] void no_offer(std::string_view why) {
  throw Error(Code::kInvalid, fmt::format("not an offer of metasets: {}", why));
}

const rapidjson::Value& member_of(const rapidjson::Value& object, const char* name) {
  const auto found =
      object.IsObject() ? object.FindMember(name) : rapidjson::Value::ConstMemberIterator();
  if (!object.IsObject() || found == object.MemberEnd()) no_offer(fmt::format("no {}", name));
  return found->value;
}

std::uint64_t number_in(const rapidjson::Value& value, const char* what) {
  if (!value.IsUint64()) no_offer(fmt::format("{} is no number", what));
  return value.GetUint64();
}

std::string_view text_in(const rapidjson::Value& value, const char* what) {
  if (!value.IsString()) no_offer(fmt::format("{} is no text", what));
  return {value.GetString(), value.GetStringLength()};
}

Sha256 digest_in(const rapidjson::Value& value) {
  const auto digest = sha256_from_hex(text_in(value, "a digest"));
  if (!digest) no_offer("a digest is none");
  return *digest;
}

const rapidjson::Value& list_in(const rapidjson::Value& object, const char* name) {
  const rapidjson::Value& list = member_of(object, name);
  if (!list.IsArray()) no_offer(fmt::format("{} is no list", name));
  return list;
}

// Ranges in order, which neither overlap nor touch.
store::CollectedMetasets parse_ranges(const rapidjson::Value& list, store::MetasetNumber last) {
  store::CollectedMetasets collected;
  store::MetasetNumber before = 0;
  for (const auto& range : list.GetArray()) {
    if (!range.IsArray() || range.Size() != 2) no_offer("collected has no ranges");
    const auto from = number_in(range[0], "collected"), to = number_in(range[1], "collected");
    if (from <= before || to < from || to >= last) no_offer("collected has wrong numbers");
    collected.add(from, to);
    before = to;
  }
  return collected;
}

}  // namespace

TransferOffer transfer_offer(const lmdb::Env& env, const lmdb::Txn& txn, store::MetasetNumber last,
                             store::MetasetNumber after) {
  TransferOffer offer;
  offer.active = std::min(store::View::active_number(env, txn), last);
  offer.last = last;
  offer.digest = store::View(env, txn, last).record().digest;
  if (after != 0 && after <= last) {
    if (const auto record = store::View::record_of(env, txn, after)) {
      offer.after = {after, record->digest};
    }
  }
  const auto collected = store::CollectedMetasets::load(env, txn);
  for (const auto& [first, end] : collected.ranges()) {
    if (first < last) offer.collected.add(first, std::min(end, last - 1));
  }
  for (store::Tag& tag : store::list_tags(env, txn)) {
    if (tag.record.number <= last) offer.tags.push_back({std::move(tag.name), tag.record.number});
  }
  store::for_each_statement(env, txn, [&](store::MetasetNumber number, std::string_view text) {
    if (number < after || number > last) return;
    offer.statements.push_back(store::Statement::parse(text));
  });
  return offer;
}

rapidjson::Document transfer_offer_json(const TransferOffer& offer) {
  rapidjson::Document document(rapidjson::kObjectType);
  auto& allocator = document.GetAllocator();
  document.AddMember("active", offer.active, allocator);
  document.AddMember("last", offer.last, allocator);
  document.AddMember("digest", json_text(to_hex(offer.digest), document), allocator);
  rapidjson::Value after, collected(rapidjson::kArrayType), tags(rapidjson::kArrayType),
      statements(rapidjson::kArrayType);
  if (offer.after) {
    after.SetObject();
    after.AddMember("metaset", offer.after->number, allocator);
    after.AddMember("digest", json_text(to_hex(offer.after->digest), document), allocator);
  }
  document.AddMember("after", after, allocator);
  for (const auto& [first, last] : offer.collected.ranges()) {
    rapidjson::Value range(rapidjson::kArrayType);
    range.PushBack(first, allocator).PushBack(last, allocator);
    collected.PushBack(range, allocator);
  }
  document.AddMember("collected", collected, allocator);
  for (const MetasetTag& tag : offer.tags) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("name", json_text(tag.name, document), allocator);
    item.AddMember("metaset", tag.number, allocator);
    tags.PushBack(item, allocator);
  }
  document.AddMember("tags", tags, allocator);
  for (const store::Statement& statement : offer.statements) {
    statements.PushBack(json_text(statement.text(), document), allocator);
  }
  document.AddMember("statements", statements, allocator);
  return document;
}

TransferOffer parse_transfer_offer(std::string_view text) {
  const rapidjson::Document document = parse_json(text, "an offer of metasets");
  TransferOffer offer;
  offer.active = number_in(member_of(document, "active"), "active");
  offer.last = number_in(member_of(document, "last"), "last");
  if (offer.last == 0 || offer.active > offer.last) no_offer("its last metaset is none");
  offer.digest = digest_in(member_of(document, "digest"));
  if (const rapidjson::Value& after = member_of(document, "after"); !after.IsNull()) {
    offer.after = {number_in(member_of(after, "metaset"), "after"),
                   digest_in(member_of(after, "digest"))};
  }
  offer.collected = parse_ranges(list_in(document, "collected"), offer.last);
  for (const auto& tag : list_in(document, "tags").GetArray()) {
    const std::string_view name = text_in(member_of(tag, "name"), "a tag");
    const auto number = number_in(member_of(tag, "metaset"), "a tag's metaset");
    if (!store::is_tag_name(name) || number == 0 || number > offer.last) no_offer("a tag is none");
    offer.tags.push_back({std::string(name), number});
  }
  if (offer.tags.size() > store::kMaxTags) no_offer("too many tags");
  for (const auto& statement : list_in(document, "statements").GetArray()) {
    offer.statements.push_back(store::Statement::parse(text_in(statement, "a statement")));
    if (offer.statements.back().number > offer.last) no_offer("a statement about another metaset");
  }
  return offer;
}

}  // namespace metaset::depot
