#include "copy_report.h"

#include <cstdio>

#include "cli.h"

namespace metaset::app {

void list_bad_payloads(const std::vector<pkg5::BadPayload>& payloads, const char* what) {
  for (const pkg5::BadPayload& payload : payloads) {
    std::fprintf(stderr, "%s payload %s of %s%s%s\n", what, payload.name.c_str(),
                 payload.package.c_str(), payload.reason.empty() ? "" : ": ",
                 payload.reason.c_str());
  }
}

rapidjson::Value bad_payloads_json(const std::vector<pkg5::BadPayload>& payloads,
                                   rapidjson::Document& json) {
  rapidjson::Value list(rapidjson::kArrayType);
  for (const pkg5::BadPayload& payload : payloads) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("payload", json_text(payload.name, json), json.GetAllocator());
    item.AddMember("fmri", json_text(payload.package, json), json.GetAllocator());
    item.AddMember("reason", json_text(payload.reason, json), json.GetAllocator());
    list.PushBack(item, json.GetAllocator());
  }
  return list;
}

}  // namespace metaset::app
