#include "metaset/ips/catalog.h"

#include "ips/catalog_canonical.h"
#include "ips/catalog_walk.h"

namespace metaset::ips {
namespace {

ReadResult result_of(const SignatureCheck& check) {
  return {check.sha1, check.utf8_feature, check.upper_case_escapes};
}

class PartWalker final : public CatalogWalker {
 public:
  explicit PartWalker(const std::function<void(PartEntry&&)>& visit) : visit_(visit) {}

 private:
  std::string_view begin_object(int depth) override {
    if (depth > 1) return "an object inside an entry";
    reader_.begin(publisher(), name());
    return {};
  }
  std::string_view end_object(int) override {
    const std::string_view problem = reader_.end();
    if (problem.empty()) visit_(std::move(reader_.entry()));
    return problem;
  }
  std::string_view begin_array(int) override { return reader_.begin_array(); }
  void end_array(int) override { reader_.end_array(); }
  std::string_view string(int, std::string_view value) override { return reader_.string(value); }
  bool key(int, std::string_view key) override { return reader_.key(key); }

  const std::function<void(PartEntry&&)>& visit_;
  EntryReader reader_;
};

class LogWalker final : public CatalogWalker {
 public:
  explicit LogWalker(const std::function<void(LogEntry&&)>& visit) : visit_(visit) {}

 private:
  enum class Field { kTime, kType, kVersion, kPart };

  std::string_view begin_object(int depth) override {
    if (depth == 1) {
      entry_ = {};
      entry_.publisher = publisher();
      entry_.name = name();
      has_type_ = has_time_ = false;
      return {};
    }
    if (depth > 2 || field_ != Field::kPart) return "a string was expected, not an object";
    reader_.begin(publisher(), name());
    return {};
  }

  std::string_view end_object(int depth) override {
    if (depth == 2) {
      const std::string_view problem = reader_.end();
      if (problem.empty()) entry_.parts.push_back({part_, std::move(reader_.entry())});
      return problem;
    }
    if (entry_.version.empty()) return "an operation without \"version\"";
    if (!has_type_) return "an operation without \"op-type\"";
    if (!has_time_) return "an operation without \"op-time\"";
    visit_(std::move(entry_));
    return {};
  }

  std::string_view begin_array(int depth) override {
    return depth < 3 ? "a string or object was expected, not a list" : reader_.begin_array();
  }
  void end_array(int) override { reader_.end_array(); }

  std::string_view string(int depth, std::string_view value) override {
    if (depth > 1) return reader_.string(value);
    switch (field_) {
      case Field::kVersion:
        entry_.version = value;
        return {};
      case Field::kType:
        if (value != "add" && value != "remove") return "\"op-type\" is neither add nor remove";
        entry_.add = value == "add";
        has_type_ = true;
        return {};
      case Field::kTime:
        if (const auto time = parse_basic_timestamp(value)) {
          entry_.time = *time;
          has_time_ = true;
          return {};
        }
        return "\"op-time\" is not a time of the form YYYYMMDDTHHMMSS.ffffffZ";
      case Field::kPart:
        break;
    }
    return "an object was expected, not a string";
  }

  bool key(int depth, std::string_view key) override {
    if (depth > 1) return reader_.key(key);
    if (key == "version") {
      field_ = Field::kVersion;
    } else if (key == "op-type") {
      field_ = Field::kType;
    } else if (key == "op-time") {
      field_ = Field::kTime;
    } else if (key.starts_with("catalog.") && is_catalog_file_name(key)) {
      field_ = Field::kPart;
      part_ = key;
    } else {
      return false;
    }
    return true;
  }

  const std::function<void(LogEntry&&)>& visit_;
  LogEntry entry_;
  EntryReader reader_;
  Field field_ = Field::kVersion;
  std::string part_;
  bool has_type_ = false, has_time_ = false;
};

}  // namespace

ReadResult read_part(std::string_view text, const std::function<void(PartEntry&&)>& visit) {
  constexpr std::string_view kWhat = "catalog part";
  const SignatureCheck check = check_signature(text, kWhat);
  PartWalker walker(visit);
  parse_events(text, kWhat, walker);
  return result_of(check);
}

ReadResult read_log(std::string_view text, const std::function<void(LogEntry&&)>& visit) {
  constexpr std::string_view kWhat = "update log";
  const SignatureCheck check = check_signature(text, kWhat);
  LogWalker walker(visit);
  parse_events(text, kWhat, walker);
  return result_of(check);
}

}  // namespace metaset::ips
