#include "metaset/group/records.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/base/random.h"
#include "metaset/base/utf8.h"

#include "group/json_reader.h"

namespace metaset::group {
namespace {

constexpr std::size_t kMaxText = 4000;           // bytes
constexpr std::size_t kMaxTextForPeople = 1000;  // of a reason, a message: cut there
constexpr std::array<std::pair<RolloutPhase, std::string_view>, 4> kPhases = {{
    {RolloutPhase::kPrepare, "prepare"},
    {RolloutPhase::kHold, "hold"},
    {RolloutPhase::kSwitched, "switched"},
    {RolloutPhase::kAborted, "aborted"},
}};

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '_' || c == '-';
}

// Bytes that are no UTF-8 become characters of two bytes when they are written.
std::string for_people(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(first_utf8_character(text).length, 1);
    if (out.size() + 2 * length > kMaxTextForPeople) break;
    out.append(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

// Writes an object; members in the order of the calls.
class RecordWriter {
 public:
  RecordWriter& text(std::string_view name, std::string_view value) {
    append_json_string(value, begin(name));
    return *this;
  }
  template <typename Number>
  RecordWriter& number(std::string_view name, Number value) {
    begin(name) += std::to_string(value);
    return *this;
  }
  template <typename Items, typename Write>
  RecordWriter& all(std::string_view name, const Items& items, char open, char close,
                    const Write& write) {
    begin(name) += open;
    bool first = true;
    for (const auto& item : items) {
      if (!std::exchange(first, false)) out_ += ',';
      write(item, out_);
    }
    out_ += close;
    return *this;
  }
  std::string finish() { return std::move(out_) + '}'; }

 private:
  std::string& begin(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    append_json_string(name, out_);
    return out_ += ':';
  }
  std::string out_{"{"};
};

// A record of the group, `what` it is.
class RecordReader {
 public:
  RecordReader(std::string_view json, std::string_view what)
      : what_(fmt::format("the group's {}", what)),
        document_(parse(json, what_)),
        members_(document_, rules_) {}
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  std::string text(const char* name) const {
    const std::string_view text = members_.text(name);
    if (text.size() > kMaxText) members_.refuse(name, "is too long");
    return std::string(text);
  }
  // Nothing depends on it: cut if it is too long.
  std::string text_for_people(const char* name) const {
    const rapidjson::Value* value = members_.find(name);
    if (value == nullptr || !value->IsString()) return {};
    return for_people({value->GetString(), value->GetStringLength()});
  }
  std::uint64_t number(const char* name) const { return members_.number(name); }
  std::int64_t natural(const char* name) const { return members_.natural(name); }
  const JsonReader& members() const { return members_; }
  [[noreturn]] void refuse(std::string_view name) const {
    members_.refuse(name, "is not as it must be");
  }

 private:
  static rapidjson::Document parse(std::string_view json, std::string_view what) {
    try {
      return parse_json(json, what);
    } catch (const Error& error) {
      throw Error(Code::kCorrupt, error.message());
    }
  }
  const std::string what_;
  const JsonRules rules_{what_, Code::kCorrupt, JsonRules::Absent::kEmpty};
  rapidjson::Document document_;
  JsonReader members_;
};

void require_name_in(const RecordReader& reader, std::string_view name) {
  try {
    require_group_word(name, "a member");
  } catch (const Error&) {
    reader.refuse("members");
  }
}

}  // namespace

void require_group_word(std::string_view name, std::string_view what) {
  if (!name.empty() && name.size() <= kMaxMemberName &&
      std::ranges::all_of(name, is_word_character) && name[0] != '.' && name[0] != '_' &&
      name[0] != '-') {
    return;
  }
  throw Error(Code::kInvalid,
              fmt::format("{} cannot be called '{}': names have letters, digits, '.', '_' and '-', "
                          "begin with a letter or digit, and are at most {} long",
                          what, name.substr(0, 2 * kMaxMemberName), kMaxMemberName));
}

GroupKeys::GroupKeys(std::string_view group)
    : prefix_("/metaset/"), memory_prefix_("/metaset/.memory/") {
  require_group_word(group, "a group");
  prefix_.append(group) += '/';
  memory_prefix_.append(group) += '/';
}

std::string GroupKeys::below(std::string_view directory, std::string_view name) const {
  return std::string(prefix_).append(directory).append(name);
}
std::string GroupKeys::ready(std::string_view id, std::string_view name) const {
  return below("ready/", id).append("/").append(name);
}
std::string GroupKeys::held(std::string_view id, std::string_view name) const {
  return below("held/", id).append("/").append(name);
}
std::string GroupKeys::memory(std::string_view id, std::string_view name) const {
  return std::string(memory_prefix_).append(id).append("/").append(name);
}

std::string_view phase_name(RolloutPhase phase) {
  return std::ranges::find(kPhases, phase, &std::pair<RolloutPhase, std::string_view>::first)
      ->second;
}

std::string new_rollout_id() {
  // Milliseconds of the next eight thousand years.
  const auto millis = static_cast<std::uint64_t>(now().micros / 1000) & 0xfff'ffff'ffff;
  return fmt::format("{:011x}{:05x}", millis, random_number() & 0xf'ffff);
}

std::string to_json(const CurrentMetaset& value) {
  return RecordWriter()
      .number("metaset", value.metaset)
      .text("digest", value.digest)
      .text("rollout", value.rollout)
      .text("time", value.time)
      .finish();
}

std::string to_json(const GroupConfig& value) {
  return RecordWriter()
      .all("members", value.members, '{', '}',
           [](const auto& member, std::string& out) {
             append_json_string(member.first, out);
             out.append(member.second == Membership::kIn ? ":\"in\"" : ":\"joining\"");
           })
      .finish();
}

std::string to_json(const MemberRecord& value) {
  return RecordWriter()
      .text("incarnation", value.incarnation)
      .number("config", value.config)
      .number("latest", value.latest)
      .number("serving", value.serving)
      .text("address", value.address)
      .number("done", value.done)
      .number("all", value.all)
      .text("problem", for_people(value.problem))
      .number("beats", value.beats)
      .number("ttl-ms", value.ttl_ms)
      .finish();
}

std::string to_json(const RolloutRecord& value) {
  return RecordWriter()
      .text("id", value.id)
      .number("metaset", value.metaset)
      .text("digest", value.digest)
      .text("phase", phase_name(value.phase))
      .all("members", value.members, '[', ']',
           [](const std::string& name, std::string& out) { append_json_string(name, out); })
      .number("hold-ms", value.hold_ms)
      .number("prepare-ms", value.prepare_ms)
      .text("who", for_people(value.who))
      .text("message", for_people(value.message))
      .text("reason", for_people(value.reason))
      .text("started", value.started)
      .text("held", value.held)
      .text("ended", value.ended)
      .finish();
}

CurrentMetaset parse_current(std::string_view json) {
  const RecordReader reader(json, "current");
  CurrentMetaset value{reader.number("metaset"), reader.text("digest"), reader.text("rollout"),
                       reader.text("time")};
  if (value.metaset == 0) reader.refuse("metaset");
  return value;
}

GroupConfig parse_config(std::string_view json) {
  const RecordReader reader(json, "config");
  const rapidjson::Value& members = reader.members().at("members");
  if (!members.IsObject() || members.MemberCount() > kMaxMembers) reader.refuse("members");
  GroupConfig value;
  for (const auto& member : members.GetObject()) {
    if (!member.value.IsString()) reader.refuse("members");
    std::string name(member.name.GetString(), member.name.GetStringLength());
    require_name_in(reader, name);
    const std::string_view state(member.value.GetString(), member.value.GetStringLength());
    if (state != "in" && state != "joining") reader.refuse("members");
    value.members[std::move(name)] = state == "in" ? Membership::kIn : Membership::kJoining;
  }
  return value;
}

MemberRecord parse_member(std::string_view json) {
  const RecordReader reader(json, "member");
  MemberRecord value;
  value.incarnation = reader.text("incarnation");
  value.config = reader.natural("config");
  value.latest = reader.number("latest");
  value.serving = reader.number("serving");
  value.address = reader.text("address");
  value.done = reader.number("done");
  value.all = reader.number("all");
  value.problem = reader.text_for_people("problem");
  value.beats = reader.number("beats");
  value.ttl_ms = reader.natural("ttl-ms");
  return value;
}

RolloutRecord parse_rollout(std::string_view json) {
  const RecordReader reader(json, "rollout");
  RolloutRecord value;
  value.id = reader.text("id");
  value.metaset = reader.number("metaset");
  value.digest = reader.text("digest");
  const std::string phase = reader.text("phase");
  const auto known =
      std::ranges::find(kPhases, phase, &std::pair<RolloutPhase, std::string_view>::second);
  if (known == kPhases.end()) reader.refuse("phase");
  value.phase = known->first;
  const rapidjson::Value& members = reader.members().at("members");
  if (!members.IsArray() || members.Size() > kMaxMembers) reader.refuse("members");
  for (const auto& member : members.GetArray()) {
    if (!member.IsString()) reader.refuse("members");
    value.members.emplace_back(member.GetString(), member.GetStringLength());
    require_name_in(reader, value.members.back());
  }
  value.hold_ms = reader.natural("hold-ms");
  value.prepare_ms = reader.natural("prepare-ms");
  value.who = reader.text_for_people("who");
  value.message = reader.text_for_people("message");
  value.reason = reader.text_for_people("reason");
  value.started = reader.text("started");
  value.held = reader.text("held");
  value.ended = reader.text("ended");
  if (value.id.size() != 16 || !std::ranges::all_of(value.id, is_word_character)) {
    reader.refuse("id");
  }
  if (value.metaset == 0) reader.refuse("metaset");
  return value;
}

}  // namespace metaset::group
