// Which of the bytes a request gets: preconditions and ranges.
#include <optional>

#include "metaset/http/error_page.h"

#include "http/reply.h"

namespace metaset::http {

bool Reply::apply_conditions(const Request& request, const Response& response) {
  if (response.status != 200) return false;
  const bool safe = request.method() == kGet || request.method() == kHead;
  const Conditions conditions = {request[Param::kIfMatch], request[Param::kIfNoneMatch],
                                 request[Param::kIfModifiedSince],
                                 request[Param::kIfUnmodifiedSince]};
  // Answers without validators are made anew each time, and a POST was done by now: no condition
  // can hold for them or undo them.
  if (!safe || (etag_.empty() && !response.last_modified)) return false;
  switch (evaluate(conditions, {etag_, response.last_modified}, safe)) {
    case Verdict::kNotModified:
      return true;
    case Verdict::kFailed:
      throw StatusError(412, "A condition of the request does not hold.");
    case Verdict::kProceed:
      break;
  }
  return false;
}

void Reply::apply_ranges(const Request& request, Response& response) {
  pieces_.push_back({"", {0, size_}});
  const bool has_validator = !etag_.empty() || response.last_modified;
  if (status_ != 200 || !has_validator || (request.method() & (kGet | kHead)) == 0) return;
  fields_ += "Accept-Ranges: bytes\r\n";
  const std::string_view field = request[Param::kRange];
  if (field.empty() || request.method() != kGet) return;
  if (!if_range_holds(request[Param::kIfRange], {etag_, response.last_modified})) return;
  const std::optional<std::vector<ByteRange>> ranges = parse_ranges(field, size_);
  if (!ranges) return;
  if (ranges->empty()) {
    throw StatusError(416, "The requested range is not within the content.")
        .with_header("Content-Range", fmt::format("bytes */{}", size_));
  }
  status_ = 206;
  pieces_.clear();
  length_ = 0;
  if (ranges->size() == 1) {
    const ByteRange& range = ranges->front();
    append_line(fields_, FMT_COMPILE("Content-Range: bytes {}-{}/{}"), range.first,
                range.first + range.length - 1, size_);
    pieces_.push_back({"", range});
    length_ = range.length;
    return;
  }
  // Long enough not to occur in content by chance; the clock makes it unforeseeable for a
  // publisher.
  const std::string boundary =
      fmt::format("metaset-{:016x}-{:016x}", now().micros, size_ * 0x9e3779b9);
  for (const ByteRange& range : *ranges) {
    pieces_.push_back(
        {fmt::format("\r\n--{}\r\nContent-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n\r\n",
                     boundary, response.content_type, range.first, range.first + range.length - 1,
                     size_),
         range});
    length_ += pieces_.back().text.size() + range.length;
  }
  tail_ = fmt::format("\r\n--{}--\r\n", boundary);
  length_ += tail_.size();
  append_line(fields_, FMT_COMPILE("Content-Type: multipart/byteranges; boundary={}"), boundary);
  response.content_type = {};
}

}  // namespace metaset::http
