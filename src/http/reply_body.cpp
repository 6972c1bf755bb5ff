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
  const bool gzip = varies_ && accepts_gzip(request[Param::kAcceptEncoding]);
  size_ = body.size;
  const bool wants_content = request.method() != kHead;
  const bool worth_it = body.size >= kHandOverMinimum && wants_content;
  // With X-Accel-Redirect the web server chooses the compressed sibling itself (gzip_static).
  // X-Sendfile knows no codings: what is to leave compressed goes through us.
  const bool possible =
      config.hand_over == HandOver::kAccel || (config.hand_over == HandOver::kSendfile && !gzip);
  if (worth_it && possible && status_ == 200) {
    hand_over(config, body);
    return;
  }
  std::string path = join_path(config.root, body.path);
  if (gzip) {
    std::string gzip_path = join_path(config.root, body.gzip_path);
    if (const std::optional<FileInfo> info = file_info(gzip_path)) {
      code_as_gzip();
      path = std::move(gzip_path);
      size_ = info->size;
    }
  }
  if (wants_content) open(path);
}

void Reply::hand_over(const Config& config, const FileBody& body) {
  handed_over_ = true;
  if (config.hand_over == HandOver::kAccel) {
    append_line(fields_, "X-Accel-Redirect: {}{}", config.accel_prefix,
                percent_encode(body.path, true));
  } else {
    append_line(fields_, "X-Sendfile: {}", join_path(config.root, body.path));
  }
}

void Reply::open(const std::string& path) {
  std::optional<Fd> file = open_if_exists(path, O_RDONLY);
  if (!file) throw Error(Code::kNotFound, "The file is not there any more.");
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
