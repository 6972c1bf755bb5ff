#include "ips/canonical_hasher.h"

#include "metaset/base/json.h"
#include "metaset/base/percent.h"

namespace metaset::ips {
namespace {

constexpr std::size_t kHashPiece = std::size_t{64} << 10;

// Makes the hexadecimal digits of the \u escapes in out[from...] upper-case.
void raise_escapes(std::string& out, std::size_t from) {
  std::size_t i = out.find('\\', from);
  while (i != std::string::npos) {
    const bool unicode = out[i + 1] == 'u';
    for (std::size_t j = i + 2; unicode && j < i + 6; ++j) {
      if (out[j] >= 'a') out[j] = static_cast<char>(out[j] - 'a' + 'A');
    }
    i = out.find('\\', i + (unicode ? 6 : 2));
  }
}

}  // namespace

Sha1 CanonicalHasher::finish() {
  buffer_ += '\n';
  sha1_.update(buffer_);
  return sha1_.finish_sha1();
}

bool CanonicalHasher::String(const char* text, rapidjson::SizeType size, bool) {
  const std::string_view value(text, size);
  if (skipped_ == 1) return fail("_SIGNATURE is not an object");
  if (skipped_ != 0) {
    if (skipped_ == 2 && in_sha1_) signature_ = value;
    return true;
  }
  if (depth_ == 0) return fail("not a JSON object");
  if (depth_ == 2 && levels_[1].key == "_FEATURE" && value == "ooce:utf8") utf8_feature_ = true;
  separate();
  return append(value) && flush_if_full();
}

bool CanonicalHasher::Key(const char* text, rapidjson::SizeType size, bool) {
  const std::string_view key(text, size);
  if (skipped_ != 0) {
    in_sha1_ = skipped_ == 2 && key == "sha-1";
    return true;
  }
  if (depth_ == 1 && key == "_SIGNATURE") {
    skipped_ = 1;
    return true;
  }
  Level& level = levels_[depth_];
  if (level.any && key <= level.key) {
    unsorted_ = key < level.key;
    return fail(unsorted_ ? "unsorted keys" : "the same key twice");
  }
  separate();
  if (!append(key)) return false;
  buffer_ += ':';
  level.key = key;
  level.after_key = true;
  return true;
}

bool CanonicalHasher::fail(std::string_view reason) {
  error_ = reason;
  return false;
}

void CanonicalHasher::separate() {
  Level& level = levels_[depth_];
  if (level.after_key) {
    level.after_key = false;
    return;
  }
  if (level.any) buffer_ += ',';
  level.any = true;
}

bool CanonicalHasher::append(std::string_view text) {
  const std::size_t from = buffer_.size();
  append_json_string(text, buffer_);
  // Shorter by the quotes unless something was escaped.
  if (buffer_.size() - from == text.size() + 2) return true;
  // RapidJSON takes the second half of a pair for a character.
  if (!is_utf8(text)) return fail("lone surrogate");
  has_escapes_ = true;
  if (upper_) raise_escapes(buffer_, from);
  return true;
}

bool CanonicalHasher::scalar(std::string_view text) {
  if (skipped_ != 0) return skipped_ != 1 || fail("_SIGNATURE is not an object");
  if (depth_ == 0) return fail("not a JSON object");
  separate();
  buffer_ += text;
  return true;
}

bool CanonicalHasher::start(char bracket) {
  if (skipped_ != 0) {
    if (skipped_ == 1 && bracket != '{') return fail("_SIGNATURE is not an object");
    return ++skipped_ <= kMaxDepth || fail("nested too deeply");
  }
  if (depth_ + 1 == levels_.size()) return fail("nested too deeply");
  if (depth_ != 0) separate();
  buffer_ += bracket;
  ++depth_;
  levels_[depth_].any = levels_[depth_].after_key = false;
  levels_[depth_].key.clear();
  return true;
}

bool CanonicalHasher::end(char bracket) {
  if (skipped_ != 0) {
    // The level below the object is that of its key.
    if (--skipped_ == 1) skipped_ = 0;
    in_sha1_ = false;
    return true;
  }
  buffer_ += bracket;
  --depth_;
  return flush_if_full();
}

bool CanonicalHasher::flush_if_full() {
  if (buffer_.size() >= kHashPiece) {
    sha1_.update(buffer_);
    buffer_.clear();
  }
  return true;
}

}  // namespace metaset::ips
