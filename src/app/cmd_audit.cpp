// metaset audit: who did what, and whether that record is whole.
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/store/audit.h"

#include "cli.h"

namespace metaset::app {

namespace {

constexpr std::uint64_t kDefaultLimit = 50;

struct AuditOptions {
  std::uint64_t limit = kDefaultLimit;
  bool verify = false;
  std::string expect;
};

// One field of a line: clients choose parts of these texts, so nothing of them may act on the
// terminal or look like another field or line.
std::string field(std::string_view text) {
  if (text.empty()) return "-";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\' || c == '"') {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out.find(' ') == std::string::npos ? out : "\"" + out + "\"";
}

rapidjson::Value as_json_audit(const store::AuditRecord& record, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("number", record.number, allocator);
  item.AddMember("time", json_text(iso_timestamp(record.time) + "Z", json), allocator);
  item.AddMember("identity", json_text(record.identity, json), allocator);
  item.AddMember("address", json_text(record.address, json), allocator);
  item.AddMember("event", json_text(record.event, json), allocator);
  item.AddMember("object", json_text(record.object, json), allocator);
  item.AddMember("result", json_text(record.result, json), allocator);
  item.AddMember("digest", json_text(to_hex(record.digest), json), allocator);
  return item;
}

std::string as_line(const store::AuditRecord& record) {
  return fmt::format("{:>6} {} {} {} {} {} {}\n", record.number, for_people(record.time),
                     field(record.identity), field(record.address), field(record.event),
                     field(record.object), field(record.result));
}

void show_audit(const Globals& globals, const store::Audit& audit, std::uint64_t limit) {
  rapidjson::Document json(rapidjson::kArrayType);
  audit.for_each(limit, [&](const store::AuditRecord& record) {
    if (globals.json) {
      json.PushBack(as_json_audit(record, json), json.GetAllocator());
    } else {
      print(as_line(record));
    }
  });
  if (globals.json) return print_json(json);
  const store::AuditHead head = audit.head();
  print(fmt::format("head: {} {}\n", head.number, to_hex(head.digest)));
}

void print_check(const store::AuditCheck& check) {
  for (const store::AuditFault& fault : check.faults) print(fault.what + "\n");
  if (check.fault_count > check.faults.size()) {
    print(fmt::format("and {} more\n", check.fault_count - check.faults.size()));
  }
  if (check.expected_at) print(fmt::format("the expected digest is at {}\n", *check.expected_at));
  print(fmt::format("head: {} {}\n", check.head.number, to_hex(check.head.digest)));
}

rapidjson::Document check_json(const store::AuditCheck& check) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  rapidjson::Value faults(rapidjson::kArrayType);
  for (const store::AuditFault& fault : check.faults) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("number", fault.number, allocator);
    item.AddMember("message", json_text(fault.what, json), allocator);
    faults.PushBack(item, allocator);
  }
  json.AddMember("records", check.records, allocator);
  json.AddMember("fault-count", check.fault_count, allocator);
  json.AddMember("faults", faults, allocator);
  if (check.expected_at) json.AddMember("expected-at", *check.expected_at, allocator);
  json.AddMember("head", check.head.number, allocator);
  json.AddMember("digest", json_text(to_hex(check.head.digest), json), allocator);
  return json;
}

void verify(Globals& globals, const store::Audit& audit, const std::string& expect) {
  std::optional<Sha256> expected;
  if (!expect.empty()) {
    expected = sha256_from_hex(expect);
    if (!expected) {
      throw Error(Code::kUsage, "--expect: '" + expect + "' is not a digest (64 hex digits)");
    }
  }
  const store::AuditCheck check = audit.check(expected);
  globals.json ? print_json(check_json(check)) : print_check(check);
  if (check.fault_count == 0 && (!expected || check.expected_at)) return;
  globals.exit_code = kPartial;
  throw Error(Code::kCorrupt, check.fault_count > 0
                                  ? "the audit was tampered with or damaged"
                                  : "no record has the expected digest: the end was cut off");
}

void run_audit(Globals& globals, const AuditOptions& options) {
  const auto repository = open_for_writing(globals);
  const store::Audit audit(repository->staging());
  if (options.verify || !options.expect.empty()) return verify(globals, audit, options.expect);
  show_audit(globals, audit, options.limit);
}

}  // namespace

void define_audit(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "audit", "show or check who did what", true);
  auto options = std::make_shared<AuditOptions>();
  command->add_option("-n,--limit", options->limit, "the newest so many (default: 50)");
  command->add_flag("--verify", options->verify, "read all of it and check the chain of digests");
  command
      ->add_option("--expect", options->expect,
                   "as --verify; also, this digest of an earlier head must be in the chain")
      ->type_name("DIGEST");
  command->callback([&globals, options] { run_audit(globals, *options); });
}

}  // namespace metaset::app
