// What members of a group write in etcd, and an agent beside its gate: what is accepted is written
// in one form, which is read as the same.
#include <string>

#include "metaset/group/group_state.h"
#include "metaset/group/peer_address.h"
#include "metaset/group/records.h"

#include "fuzz.h"

namespace {

using namespace metaset::group;
using metaset::fuzz::require;

template <typename Parse>
void check(std::string_view text, const Parse& parse) {
  metaset::fuzz::accepts([&] {
    const std::string written = to_json(parse(text));
    require(to_json(parse(written)) == written);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = metaset::fuzz::text_of(data, size);
  check(text, parse_current);
  check(text, parse_config);
  check(text, parse_member);
  check(text, parse_rollout);
  check(text, parse_group_state);
  metaset::fuzz::accepts([&] {
    const PeerAddress address = parse_peer_address(text);
    require(parse_peer_address(address.text()) == address);
    sockaddr_storage socket{};
    require(to_socket_address(address, AF_INET6, socket) > 0);
    require(from_socket_address(socket) == address);
  });
  return 0;
}
