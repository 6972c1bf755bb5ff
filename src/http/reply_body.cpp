// Which bytes a reply has: content coding and file hand-over.
#include <optional>
#include <variant>

#include <fcntl.h>

#include "metaset/base/gzip.h"
#include "metaset/base/percent.h"

#include "http/file_read.h"
#include "http/reply.h"

namespace metaset::http {
namespace {

// Below this a hand-over costs more than the bytes themselves, and a file is read at once.
constexpr std::uint64_t kHandOverMinimum = 64 * 1024;

bool may_hand_over(const Request& request, const Config& config, bool gzip) {
  // The web server would look at these again and compare them with the file's own time and tag.
  if (!request[Param::kIfMatch].empty() || !request[Param::kIfUnmodifiedSince].empty()) {
    return false;
  }
  // X-Sendfile knows no codings.
  return config.hand_over == HandOver::kAccel || (config.hand_over == HandOver::kSendfile && !gzip);
}

}  // namespace

void Reply::take_body(const Request& request, const Config* config, Body& body) {
  has_content_ = true;
  if (auto* text = std::get_if<std::string>(&body)) {
    owned_ = std::move(*text);
    memory_ = owned_;
  } else if (auto* shared = std::get_if<SharedBody>(&body)) {
    shared_ = std::move(*shared);
    memory_ = *shared_;
  } else if (const auto* view = std::get_if<std::string_view>(&body)) {
    memory_ = *view;
  } else if (auto* gzip_body = std::get_if<GzipBody>(&body)) {
    take_gzip(request, *gzip_body);
    return;
  } else if (const auto* twin = std::get_if<TwinBody>(&body)) {
    varies_ = true;
    const bool gzip = accepts_gzip(request[Param::kAcceptEncoding]);
    if (gzip) code_as_gzip();
    shared_ = gzip ? twin->gzip : twin->identity;
    memory_ = *shared_;
  } else if (const auto* file = std::get_if<FileBody>(&body);
             file != nullptr && config != nullptr) {
    take_file(request, *config, *file);
    return;
  } else if (std::holds_alternative<StreamBody>(body)) {
    streamed_ = true;
  } else {
    // 200 without a body still says that its length is 0.
    has_content_ = status_ != 204 && status_ != 304;
  }
  size_ = memory_.size();
}

void Reply::code_as_gzip() {
  fields_ += "Content-Encoding: gzip\r\n";
  if (!etag_.empty()) etag_ += "-gz";
}

void Reply::take_gzip(const Request& request, GzipBody& body) {
  varies_ = true;
  size_ = body.identity_size;
  if (accepts_gzip(request[Param::kAcceptEncoding])) {
    code_as_gzip();
    owned_ = std::move(body.bytes);
    size_ = owned_.size();
  } else if (request.method() != kHead) {
    owned_ = gunzip(body.bytes, body.identity_size);
    if (owned_.size() != size_) {
      throw Error(Code::kCorrupt,
                  fmt::format("a stored body uncompresses to {} bytes instead of {}", owned_.size(),
                              size_));
    }
  }
  memory_ = owned_;
}

void Reply::take_file(const Request& request, const Config& config, const FileBody& body) {
  varies_ = !body.gzip_path.empty();
  size_ = body.size;
  bool gzip = false;
  if (varies_ && accepts_gzip(request[Param::kAcceptEncoding])) {
    if (const auto info = file_info(join_path(config.root, body.gzip_path))) {
      gzip = true;
      code_as_gzip();
      size_ = info->size;
    }
  }
  const std::string& path = gzip ? body.gzip_path : body.path;
  const bool wants_content = request.method() != kHead;
  if (wants_content) require_own_links(config.root, path);
  const bool worth_it = size_ >= kHandOverMinimum && wants_content && status_ == 200;
  if (worth_it && may_hand_over(request, config, gzip)) {
    hand_over(config, path);
  } else if (wants_content) {
    open(join_path(config.root, path));
  }
}

void Reply::hand_over(const Config& config, const std::string& path) {
  handed_over_ = true;
  if (config.hand_over == HandOver::kAccel) {
    accel_ = true;
    append_line(fields_, FMT_COMPILE("X-Accel-Redirect: {}{}"), config.accel_prefix,
                percent_encode(path, true));
  } else {
    // Servers that understand this cut ranges, but do not say so.
    fields_ += "Accept-Ranges: bytes\r\n";
    append_line(fields_, FMT_COMPILE("X-Sendfile: {}"), join_path(config.root, path));
  }
}

void Reply::open(const std::string& path) {
  std::optional<Fd> file = open_if_exists(path, O_RDONLY);
  // It was there a moment ago: the repository is being replaced.
  if (!file) throw Error(Code::kUnavailable, "The file is not there at the moment.");
  if (size_ > kHandOverMinimum) {
    file_ = std::move(*file);
    path_ = path;
    return;
  }
  owned_.resize(static_cast<std::size_t>(size_));
  if (read_at(file->get(), owned_.data(), owned_.size(), 0, path) != size_)
    throw shortened(path, size_);
  memory_ = owned_;
}

}  // namespace metaset::http
