#include "ips/catalog_walk.h"

#include "metaset/base/json.h"

namespace metaset::ips {

void EntryReader::begin(std::string_view publisher, std::string_view name) {
  entry_ = {};
  entry_.publisher = publisher;
  entry_.name = name;
  in_actions_ = false;
}

bool EntryReader::key(std::string_view key) {
  if (key == "version") {
    field_ = Field::kVersion;
  } else if (key == "signature-sha-1") {
    field_ = Field::kManifest;
  } else if (key == "actions") {
    field_ = Field::kActions;
  } else {
    field_ = Field::kNone;
  }
  return field_ != Field::kNone;
}

std::string_view EntryReader::string(std::string_view value) {
  if (in_actions_) {
    entry_.actions += entry_.actions.size() > 1 ? "," : "";
    append_json_string(value, entry_.actions);
  } else if (field_ == Field::kVersion) {
    entry_.version = value;
  } else if (field_ == Field::kManifest) {
    entry_.manifest = sha1_from_hex(value);
    if (!entry_.manifest) return "\"signature-sha-1\" is not a SHA-1";
  } else {
    return "\"actions\" is not a list";
  }
  return {};
}

std::string_view EntryReader::begin_array() {
  if (in_actions_ || field_ != Field::kActions) return "a string was expected, not a list";
  in_actions_ = true;
  entry_.actions = "[";
  return {};
}

void EntryReader::end_array() {
  in_actions_ = false;
  entry_.actions += ']';
}

std::string_view EntryReader::end() {
  return entry_.version.empty() ? "an entry without \"version\"" : std::string_view();
}

bool CatalogWalker::fail(std::string_view reason) {
  error_ = reason;
  return false;
}

bool CatalogWalker::take_skipped() {
  if (skipped_ != 0) return true;
  if (!skip_value_) return false;
  skip_value_ = false;
  return true;
}

bool CatalogWalker::String(const char* text, rapidjson::SizeType size, bool) {
  if (take_skipped()) return true;
  if (depth_ <= kEntries) return fail("an object or a list was expected, not a string");
  return check(string(depth_ - kEntries, {text, size}));
}

bool CatalogWalker::Key(const char* text, rapidjson::SizeType size, bool) {
  if (skipped_ != 0) return true;
  const std::string_view key_text(text, size);
  if (depth_ == 1) {
    // Keys that begin so are reserved; all others are publishers.
    skip_value_ = key_text.starts_with('_');
    publisher_ = key_text;
  } else if (depth_ == 2) {
    name_ = key_text;
  } else {
    skip_value_ = !key(depth_ - kEntries, key_text);
  }
  return true;
}

bool CatalogWalker::StartObject() {
  if (take_skipped()) {
    ++skipped_;
    return true;
  }
  if (depth_ == 2) return fail("a list was expected, not an object");
  ++depth_;
  return depth_ <= kEntries || check(begin_object(depth_ - kEntries));
}

bool CatalogWalker::StartArray() {
  if (take_skipped()) {
    ++skipped_;
    return true;
  }
  if (depth_ < 2) return fail("an object was expected, not a list");
  if (depth_ == kEntries) return fail("an object was expected, not a list");
  ++depth_;
  return depth_ <= kEntries || check(begin_array(depth_ - kEntries));
}

bool CatalogWalker::EndObject(rapidjson::SizeType) {
  if (skipped_ != 0) {
    --skipped_;
    return true;
  }
  const int depth = depth_--;
  return depth <= kEntries || check(end_object(depth - kEntries));
}

bool CatalogWalker::EndArray(rapidjson::SizeType) {
  if (skipped_ != 0) {
    --skipped_;
    return true;
  }
  const int depth = depth_--;
  if (depth > kEntries) end_array(depth - kEntries);
  return true;
}

}  // namespace metaset::ips
