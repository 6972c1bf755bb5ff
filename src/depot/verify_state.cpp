#include "depot/verify_state.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/store/layout.h"
#include "metaset/store/leftovers.h"

namespace metaset::depot {

namespace {

constexpr std::uint64_t kMaxStateText = std::uint64_t{256} << 20;
constexpr std::string_view kVerifyFormat = "metaset verify 1";

[[noreturn]] void bad_state(const std::string& why) {
  throw Error(Code::kCorrupt, "the state of verification is damaged: " + why);
}

std::string member_of(const rapidjson::Document& json, const char* name) {
  const auto member = json.FindMember(name);
  if (member == json.MemberEnd()) return {};
  if (!member->value.IsString()) bad_state(std::string(name) + " is not a text");
  return {member->value.GetString(), member->value.GetStringLength()};
}

std::optional<Time> time_of(const rapidjson::Document& json, const char* name) {
  const std::string text = member_of(json, name);
  if (text.empty()) return std::nullopt;
  const auto time = parse_basic_timestamp(text);
  if (!time) bad_state(std::string(name) + " is not a time");
  return time;
}

void require_payload_name(const std::string& name) {
  if (!store::is_payload_name(name)) bad_state("'" + name + "' is not the name of a payload");
}

void append_member(std::string& text, std::string_view name, std::string_view value) {
  text += "  " + json_string(name) + ": " + json_string(value) + ",\n";
}

}  // namespace

std::string VerifyState::to_json() const {
  std::string text = "{\n";
  append_member(text, "format", kVerifyFormat);
  if (started) append_member(text, "started", basic_timestamp(*started));
  if (!next.empty()) append_member(text, "next", next);
  if (last) {
    append_member(text, "last-started", basic_timestamp(last->started));
    append_member(text, "last-ended", basic_timestamp(last->ended));
  }
  text += "  \"damaged\": [";
  const char* separator = "\n    ";
  for (const std::string& name : damaged) {
    text += separator + json_string(name);
    separator = ",\n    ";
  }
  return text + "]\n}\n";
}

VerifyState VerifyState::from_json(std::string_view text) {
  VerifyState state;
  rapidjson::Document json;
  try {
    json = parse_json(text, "it");
  } catch (const Error& error) {
    bad_state(error.message());
  }
  if (!json.IsObject() || member_of(json, "format") != kVerifyFormat) {
    bad_state("it is not of the format '" + std::string(kVerifyFormat) + "'");
  }
  state.started = time_of(json, "started");
  state.next = member_of(json, "next");
  if (!state.next.empty()) require_payload_name(state.next);
  const auto begun = time_of(json, "last-started"), ended = time_of(json, "last-ended");
  if (begun && ended) state.last = {*begun, *ended};
  const auto damaged = json.FindMember("damaged");
  if (damaged == json.MemberEnd() || !damaged->value.IsArray()) bad_state("it has no 'damaged'");
  for (const auto& name : damaged->value.GetArray()) {
    if (!name.IsString()) bad_state("'damaged' has something else than texts");
    require_payload_name({name.GetString(), name.GetStringLength()});
    state.damaged.emplace(name.GetString(), name.GetStringLength());
  }
  return state;
}

VerifyStateFile::VerifyStateFile(const std::string& repository)
    : path_(join_path(store::verify_directory(repository), "state")) {
  const std::string directory = store::verify_directory(repository);
  make_directories(directory);
  lock_ = open_file(join_path(directory, "lock"), O_RDONLY | O_CREAT | O_NOFOLLOW);
  while (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      throw Error(Code::kUnavailable,
                  repository + " is being verified a part at a time already; try again later");
    }
    if (errno != EINTR) throw system_error(errno, "cannot lock", join_path(directory, "lock"));
  }
  // Nobody writes here but the one who has the lock.
  store::remove_temporary_files(directory, std::chrono::seconds(-1));
  const auto text = read_file_if_exists(path_, kMaxStateText);
  if (!text) return;
  try {
    state = VerifyState::from_json(*text);
  } catch (const Error& error) {
    throw Error(error.code(), path_ + ": " + error.message() + " (remove it to begin a new round)");
  }
}

void VerifyStateFile::save(bool durable) const {
  write_file_atomically(path_, state.to_json(), durable);
}

}  // namespace metaset::depot
