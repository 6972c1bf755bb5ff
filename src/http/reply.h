// From a Response to bytes, for this directory: content coding, conditions, ranges, file hand-over.
//
// Two steps, because the first may fail and become an error page, while the second may not.
// Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/compile.h>

#include "metaset/base/file.h"
#include "metaset/http/config.h"
#include "metaset/http/gateway.h"
#include "metaset/http/negotiate.h"
#include "metaset/http/request.h"
#include "metaset/http/response.h"

namespace metaset::http {

// A response as it will leave: header lines, then ranges of one content with text between them.
class Reply {
 public:
  // Takes the body out of the response. `config` is null if the parameters of the location are not
  // known. Throws what reading files and gunzip throw; kUnavailable if the file of the body is
  // gone; StatusError for 412 and 416.
  Reply(const Request& request, const Config* config, Response& response, Cache policy);
  Reply(const Reply&) = delete;  // memory_ may point into owned_
  Reply& operator=(const Reply&) = delete;

  // Throws what Gateway::write throws; kCorrupt if the file got shorter.
  // After a failure the gateway has to be aborted.
  void transmit(Gateway& gateway) const;
  // The header lines and the empty one: of a StreamBody it is all that there is.
  const std::string& head() const { return head_; }
  int status() const { return status_; }
  // Bytes of the body that transmit() writes; size of the file that the web server is told to send.
  std::uint64_t sent() const { return pieces_.empty() ? 0 : length_; }
  std::uint64_t handed_over() const { return handed_over_ ? size_ : 0; }

 private:
  struct Piece {
    std::string text;  // goes before the range
    ByteRange range;
  };
  void take_body(const Request& request, const Config* config, Body& body);
  void take_gzip(const Request& request, GzipBody& body);
  void take_file(const Request& request, const Config& config, const FileBody& body);
  void hand_over(const Config& config, const std::string& path);
  void open(const std::string& path);
  void code_as_gzip();
  // True if a 304 is all that there is to say.
  bool apply_conditions(const Request& request, const Response& response);
  void apply_ranges(const Request& request, Response& response);
  void write_head(const Request& request, const Response& response, Cache policy);
  void transmit_file(Gateway& gateway) const;

  int status_;
  std::string head_;
  std::string fields_;  // header lines that the steps add
  std::string etag_;    // of the representation
  std::string owned_;
  SharedBody shared_;
  std::string_view memory_;
  Fd file_;  // instead of memory_ if open
  std::string path_;
  std::uint64_t size_ = 0;  // of the representation, bytes
  bool has_content_ = false;
  bool streamed_ = false;      // the content is not here, its length is not known
  bool handed_over_ = false;   // the web server sends the content and does its ranges
  bool accel_ = false;         // by X-Accel-Redirect
  bool varies_ = false;        // with Accept-Encoding
  std::vector<Piece> pieces_;  // empty for HEAD
  std::string tail_;
  std::uint64_t length_ = 0;  // of the body, bytes
};

// Appends "<formatted>\r\n". The format is a FMT_COMPILE("..."): these are a part of every answer.
template <typename Format, typename... Args>
void append_line(std::string& out, const Format& format, const Args&... args) {
  fmt::format_to(std::back_inserter(out), format, args...);
  out += "\r\n";
}

}  // namespace metaset::http
