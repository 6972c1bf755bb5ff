#include "metaset/group/group_state.h"

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/json.h"
#include "metaset/depot/documents.h"

#include "group/json_reader.h"

namespace metaset::group {
namespace {

using rapidjson::Value;

constexpr std::size_t kMostBytes = 256 << 10;
constexpr std::size_t kMostText = 1000;  // bytes of a message
// Times of a file are whole seconds.
constexpr std::int64_t kYoung = 15;
constexpr BootTime kRefresh = 5 * kSecond;

std::string shortened(const std::string& text) {
  if (text.size() <= kMostText) return text;
  std::size_t end = kMostText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

class Writer {
 public:
  explicit Writer(rapidjson::Document& document) : document_(document) {}
  void text(Value& object, const char* name, const std::string& text) {
    add(object, name, depot::json_text(text, document_));
  }
  void add(Value& object, const char* name, Value&& value) {
    object.AddMember(rapidjson::StringRef(name), std::move(value), document_.GetAllocator());
  }

 private:
  rapidjson::Document& document_;
};

constexpr JsonRules kStateRules{"it is no state of a group", Code::kCorrupt,
                                JsonRules::Absent::kRefused};

Value rollout_value(const GroupState::Rollout& rollout, Writer& writer) {
  Value value(rapidjson::kObjectType);
  writer.text(value, "id", rollout.id);
  writer.add(value, "metaset", Value(rollout.metaset));
  writer.text(value, "phase", rollout.phase);
  writer.text(value, "who", rollout.who);
  writer.text(value, "message", rollout.message);
  writer.text(value, "reason", rollout.reason);
  writer.text(value, "started", rollout.started);
  writer.text(value, "ended", rollout.ended);
  return value;
}

Value member_value(const GroupState::Member& member, Writer& writer) {
  Value value(rapidjson::kObjectType);
  writer.text(value, "name", member.name);
  writer.text(value, "state", member.state);
  writer.add(value, "there", Value(member.there));
  writer.add(value, "latest", Value(member.latest));
  writer.add(value, "serving", Value(member.serving));
  writer.add(value, "done", Value(member.done));
  writer.add(value, "all", Value(member.all));
  writer.add(value, "ready", Value(member.ready));
  writer.add(value, "held", Value(member.held));
  return value;
}

GroupState::Member read_member(const JsonReader& reader) {
  return {.name = std::string(reader.text("name")),
          .state = std::string(reader.text("state")),
          .there = reader.flag("there"),
          .latest = reader.number("latest"),
          .serving = reader.number("serving"),
          .done = reader.number("done"),
          .all = reader.number("all"),
          .ready = reader.flag("ready"),
          .held = reader.flag("held")};
}

GroupState::Rollout read_rollout(const JsonReader& reader) {
  return {.id = std::string(reader.text("id")),
          .phase = std::string(reader.text("phase")),
          .metaset = reader.number("metaset"),
          .who = std::string(reader.text("who")),
          .message = std::string(reader.text("message")),
          .reason = std::string(reader.text("reason")),
          .started = std::string(reader.text("started")),
          .ended = std::string(reader.text("ended"))};
}

GroupState::Member member_of(const GroupSnapshot& seen, const std::string& name) {
  GroupState::Member member;
  member.name = name;
  member.state = seen.membership(name);
  if (const SeenMember* known = seen.member(name)) {
    member.there = known->record.ttl_ms != 0;
    member.latest = known->record.latest;
    member.serving = known->record.serving;
    member.done = known->record.done;
    member.all = known->record.all;
  }
  if (seen.rollout && !seen.rollout->ended_already()) {
    member.ready = seen.ready.contains(name);
    member.held = seen.held.contains(name);
  }
  return member;
}

}  // namespace

std::optional<GroupState> state_of(std::string_view group, const GroupSnapshot& seen) {
  if (!seen.current) return std::nullopt;
  GroupState state{.name = std::string(group),
                   .metaset = seen.current->metaset,
                   .since = shortened(seen.current->time),
                   .rollout = std::nullopt,
                   .members = {}};
  if (seen.rollout) {
    const RolloutRecord& rollout = *seen.rollout;
    state.rollout = {.id = rollout.id,
                     .phase = std::string(phase_name(rollout.phase)),
                     .metaset = rollout.metaset,
                     .who = shortened(rollout.who),
                     .message = shortened(rollout.message),
                     .reason = shortened(rollout.reason),
                     .started = shortened(rollout.started),
                     .ended = shortened(rollout.ended)};
  }
  for (const std::string& name : seen.names()) {
    if (state.members.size() == kMaxMembers) break;
    state.members.push_back(member_of(seen, name));
  }
  return state;
}

Value to_json(const GroupState& state, rapidjson::Document& document) {
  Value object(rapidjson::kObjectType);
  Writer writer(document);
  writer.text(object, "group", state.name);
  writer.add(object, "metaset", Value(state.metaset));
  writer.text(object, "since", state.since);
  writer.add(object, "rollout", state.rollout ? rollout_value(*state.rollout, writer) : Value());
  Value members(rapidjson::kArrayType);
  for (const GroupState::Member& member : state.members) {
    members.PushBack(member_value(member, writer), document.GetAllocator());
  }
  writer.add(object, "members", std::move(members));
  return object;
}

std::string to_json(const GroupState& state) {
  rapidjson::Document document;
  return pretty_json(to_json(state, document), true);
}

GroupState parse_group_state(std::string_view json) {
  const rapidjson::Document document = parse_json(json, "state of a group");
  const JsonReader reader(document, kStateRules);
  GroupState state{.name = std::string(reader.text("group")),
                   .metaset = reader.number("metaset"),
                   .since = std::string(reader.text("since")),
                   .rollout = std::nullopt,
                   .members = {}};
  if (reader.find("rollout") != nullptr) state.rollout = read_rollout(reader.object("rollout"));
  reader.each_object("members", [&](const JsonReader& member) {
    if (state.members.size() == kMaxMembers) reader.refuse("members", "are too many");
    state.members.push_back(read_member(member));
  });
  return state;
}

std::string group_state_path(std::string_view gate) { return std::string(gate) + ".state"; }

std::optional<GroupState> read_group_state(const std::string& path) {
  try {
    const auto info = file_info(path);
    if (!info || !info->is_regular || info->size > kMostBytes) return std::nullopt;
    const std::int64_t age = now().seconds() - info->modified;
    if (age > kYoung || age < -kYoung) return std::nullopt;
    const auto text = read_file_if_exists(path, kMostBytes);
    if (!text) return std::nullopt;
    return parse_group_state(*text);
  } catch (const Error&) {
    return std::nullopt;  // who looks after the group is told elsewhere
  }
}

void GroupStateWriter::write(const GroupState& state) {
  const BootTime time = boot_now();
  std::string text = to_json(state);
  if (text == written_ && time - when_ < kRefresh) return;
  write_file_atomically(path_, text, false);
  written_ = std::move(text);
  when_ = time;
}

void GroupStateWriter::remove() {
  remove_file(path_);
  written_.clear();
}

}  // namespace metaset::group
