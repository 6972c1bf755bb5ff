#include "http/reply.h"

#include <algorithm>
#include <array>

#include "http/cache_fields.h"
#include "http/file_read.h"

namespace metaset::http {
namespace {

constexpr std::size_t kChunk = 256 * 1024;

}  // namespace

Reply::Reply(const Request& request, const Config* config, Response& response, Cache policy)
    : status_(response.status), etag_(response.etag) {
  take_body(request, config, response.body);
  length_ = size_;
  // What a stream is a representation of cannot be told before it is made.
  if (!streamed_ && apply_conditions(request, response)) {
    status_ = 304;
    has_content_ = handed_over_ = false;
  } else if (has_content_ && !handed_over_ && !streamed_) {
    apply_ranges(request, response);
  }
  if (request.method() == kHead || !has_content_) pieces_.clear();
  write_head(request, response, policy);
}

void Reply::write_head(const Request& request, const Response& response, Cache policy) {
  head_.reserve(512);
  append_line(head_, FMT_COMPILE("Status: {} {}"), status_, reason_phrase(status_));
  if (has_content_ && !response.content_type.empty()) {
    append_line(head_, FMT_COMPILE("Content-Type: {}"), response.content_type);
  }
  const bool length_known = has_content_ && !handed_over_ && !streamed_;
  if (length_known) append_line(head_, FMT_COMPILE("Content-Length: {}"), length_);
  if (!etag_.empty()) append_line(head_, FMT_COMPILE("ETag: \"{}\""), etag_);
  if (response.last_modified) {
    append_line(head_, FMT_COMPILE("Last-Modified: {}"), http_date(*response.last_modified));
  }
  if (varies_) head_ += "Vary: Accept-Encoding\r\n";
  if (status_ < 400) append_cache_fields(policy, response.refresh_seconds, now(), head_);
  for (const auto& [name, value] : response.headers)
    append_line(head_, FMT_COMPILE("{}: {}"), name, value);
  if (status_ != 304) head_ += fields_;
  head_ += "\r\n";
  if (request.method() == kHead) tail_.clear();
}

void Reply::transmit(Gateway& gateway) const {
  // nginx has no more use for a connection on which it was told where to find the content.
  if (handed_over_ && accel_) gateway.close_after();
  if (file_ && !pieces_.empty()) {
    transmit_file(gateway);
    return;
  }
  std::vector<std::string_view> parts = {head_};
  for (const Piece& piece : pieces_) {
    parts.emplace_back(piece.text);
    parts.push_back(memory_.substr(static_cast<std::size_t>(piece.range.first),
                                   static_cast<std::size_t>(piece.range.length)));
  }
  parts.emplace_back(tail_);
  gateway.write(parts);
}

void Reply::transmit_file(Gateway& gateway) const {
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, size_)), '\0');
  std::string_view before = head_;
  for (const Piece& piece : pieces_) {
    std::string_view text = piece.text;
    std::uint64_t offset = piece.range.first;
    const std::uint64_t end = offset + piece.range.length;
    while (offset < end) {
      const auto wanted =
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - offset));
      const std::size_t count = read_at(file_.get(), buffer.data(), wanted, offset, path_);
      if (count == 0) throw shortened(path_, size_);
      const std::array<std::string_view, 3> parts = {before, text,
                                                     std::string_view(buffer.data(), count)};
      gateway.write(parts);
      before = text = {};
      offset += count;
    }
  }
  if (!tail_.empty()) gateway.write(std::array<std::string_view, 1>{tail_});
}

}  // namespace metaset::http
