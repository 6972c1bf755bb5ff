// What a member of a group knows of it: api/1/group. It is answered whatever the gate says, since
// who asks wants to know just that.
#include "metaset/depot/documents.h"
#include "metaset/group/group_state.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"

#include "http/api_members.h"
#include "http/handlers.h"

namespace metaset::http {

void api_group(Exchange& exchange) {
  const std::string& gate = exchange.config.group;
  if (gate.empty()) throw StatusError(404, "This depot is in no group.");
  rapidjson::Document document;
  const auto state = group::read_group_state(group::group_state_path(gate));
  rapidjson::Value object = state ? group::to_json(*state, document) : rapidjson::Value();
  if (!state) object.SetObject();
  const std::string trouble = exchange.state_as<DepotState>().trouble(exchange);
  auto& allocator = document.GetAllocator();
  object.AddMember("known", state.has_value(), allocator);
  object.AddMember("takes-part", trouble.empty(), allocator);
  object.AddMember("trouble", depot::json_text(trouble, document), allocator);
  answer_json(exchange, object);
}

}  // namespace metaset::http
