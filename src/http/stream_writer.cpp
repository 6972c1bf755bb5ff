#include "http/stream_writer.h"

#include <array>
#include <utility>

namespace metaset::http {
namespace {

// Memory for a body, and the size of what is given to the gateway.
constexpr std::size_t kStreamPiece = 64 * 1024;

}  // namespace

StreamWriter::StreamWriter(const Request& request, std::function<std::string()> head)
    : gateway_(request.gateway()), head_(std::move(head)), head_only_(request.method() == kHead) {}

bool StreamWriter::write(std::string_view piece) {
  if (started_ && head_only_) return false;
  pending_ += piece;
  if (pending_.size() >= kStreamPiece) flush();
  return !(started_ && head_only_);
}

bool StreamWriter::finish() {
  if (started_ && !pending_.empty()) flush();
  return started_;
}

void StreamWriter::flush() {
  const std::string head = started_ ? std::string() : head_();
  started_ = true;
  if (head_only_) pending_.clear();
  sent_ += pending_.size();
  gateway_.write(std::array<std::string_view, 2>{head, pending_});
  pending_.clear();
}

}  // namespace metaset::http
