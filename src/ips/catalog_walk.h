// Walks the levels that parts and update logs share, publisher -> name -> list of objects, and
// leaves the objects to a derived class. For parse_events().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rapidjson/reader.h>

#include "metaset/ips/catalog.h"

namespace metaset::ips {

// The fields of one entry: {"actions":[...],"signature-sha-1":"...","version":"..."}.
class EntryReader {
 public:
  void begin(std::string_view publisher, std::string_view name);
  // False if the value of this key is of no interest.
  bool key(std::string_view key);
  // These return what is wrong, or an empty text.
  std::string_view string(std::string_view value);
  std::string_view begin_array();
  void end_array();
  std::string_view end();
  PartEntry& entry() { return entry_; }

 private:
  enum class Field { kNone, kVersion, kManifest, kActions };
  PartEntry entry_;
  Field field_ = Field::kNone;
  bool in_actions_ = false;
};

class CatalogWalker {
 public:
  virtual ~CatalogWalker() = default;
  const std::string& error() const { return error_; }

  bool Null() { return scalar(); }
  bool Bool(bool) { return scalar(); }
  bool Int(int) { return scalar(); }
  bool Uint(unsigned) { return scalar(); }
  bool Int64(std::int64_t) { return scalar(); }
  bool Uint64(std::uint64_t) { return scalar(); }
  bool Double(double) { return scalar(); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return scalar(); }
  bool String(const char* text, rapidjson::SizeType size, bool);
  bool Key(const char* text, rapidjson::SizeType size, bool);
  bool StartObject();
  bool StartArray();
  bool EndObject(rapidjson::SizeType);
  bool EndArray(rapidjson::SizeType);

 protected:
  const std::string& publisher() const { return publisher_; }
  const std::string& name() const { return name_; }

  // For the objects of the lists; depth 1 is inside of them. Each returns what is wrong, or an
  // empty text.
  virtual std::string_view begin_object(int depth) = 0;
  virtual std::string_view end_object(int depth) = 0;
  virtual std::string_view begin_array(int depth) = 0;
  virtual void end_array(int depth) = 0;
  virtual std::string_view string(int depth, std::string_view value) = 0;
  // False: the value of this key is of no interest.
  virtual bool key(int depth, std::string_view key) = 0;

 private:
  static constexpr int kEntries = 3;  // objects, one in the other, around an entry

  bool fail(std::string_view reason);
  bool check(std::string_view reason) { return reason.empty() || fail(reason); }
  bool take_skipped();
  bool scalar() { return take_skipped() || fail("a string, object or array was expected"); }

  std::string publisher_, name_;
  int depth_ = 0;
  bool skip_value_ = false;
  std::uint64_t skipped_ = 0;
  std::string error_;
};

}  // namespace metaset::ips
