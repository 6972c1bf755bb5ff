// Datagrams and client memories of other members. What is accepted is written as it was; what the
// input says, with a right proof, is accepted.
#include <string>

#include "metaset/group/client_memory.h"
#include "metaset/group/peer_message.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace metaset::group;
  const std::string_view text = metaset::fuzz::text_of(data, size);
  const Secret secret{1, 2, 3};
  if (const auto message = decode(text, secret)) {
    metaset::fuzz::require(encode(*message, secret) == text);
  }
  PeerMessage message;
  message.sender = text.substr(0, kMaxSender);
  message.nonce = size;
  metaset::fuzz::require(decode(encode(message, secret), secret) == message);
  metaset::fuzz::accepts([&] {
    const auto entries = decode_memory(text);
    const std::string again = encode_memory(entries);
    metaset::fuzz::require(again.size() == text.size());
    metaset::fuzz::require(encode_memory(decode_memory(again)) == again);
  });
  return 0;
}
