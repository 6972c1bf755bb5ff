#include "ips/catalog_canonical.h"

#include <algorithm>
#include <array>

#include "metaset/base/json.h"
#include "metaset/ips/catalog.h"

#include "ips/text.h"

namespace metaset::ips {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kPiece = std::size_t{64} << 10;
// Files with unsorted keys, which no known depot writes, are sorted in memory.
constexpr std::size_t kMaxUnsorted = std::size_t{64} << 20;

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

// Takes JSON events, hashes the canonical form of everything but `_SIGNATURE` and picks out what
// `_SIGNATURE` and `_FEATURE` say.
class CanonicalHasher {
 public:
  explicit CanonicalHasher(bool upper) : sha1_(HashKind::kSha1), upper_(upper) {}

  const std::string& error() const { return error_; }
  bool unsorted() const { return unsorted_; }
  bool has_escapes() const { return has_escapes_; }
  bool utf8_feature() const { return utf8_feature_; }
  const std::string& signature() const { return signature_; }
  Sha1 finish() {
    buffer_ += '\n';
    sha1_.update(buffer_);
    return sha1_.finish_sha1();
  }

  bool Null() { return scalar("null"); }
  bool Bool(bool value) { return scalar(value ? "true" : "false"); }
  bool Int(int value) { return scalar(std::to_string(value)); }
  bool Uint(unsigned value) { return scalar(std::to_string(value)); }
  bool Int64(std::int64_t value) { return scalar(std::to_string(value)); }
  bool Uint64(std::uint64_t value) { return scalar(std::to_string(value)); }
  bool Double(double value) { return scalar(fmt::format("{}", value)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return scalar(std::string_view(text, size));
  }

  bool String(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view value(text, size);
    if (skipped_ == 1) return fail("_SIGNATURE is not an object");
    if (skipped_ != 0) {
      if (skipped_ == 2 && in_sha1_) signature_ = value;
      return true;
    }
    if (depth_ == 0) return fail("not a JSON object");
    if (depth_ == 2 && levels_[1].key == "_FEATURE" && value == "ooce:utf8") utf8_feature_ = true;
    separate();
    append(value);
    return flush_if_full();
  }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
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
    append(key);
    buffer_ += ':';
    level.key = key;
    level.after_key = true;
    return true;
  }

  bool StartObject() { return start('{'); }
  bool StartArray() { return depth_ == 0 ? fail("not a JSON object") : start('['); }
  bool EndObject(rapidjson::SizeType) { return end('}'); }
  bool EndArray(rapidjson::SizeType) { return end(']'); }

 private:
  struct Level {
    std::string key;  // the last one
    bool any = false;
    bool after_key = false;
  };

  bool fail(std::string_view reason) {
    error_ = reason;
    return false;
  }

  void separate() {
    Level& level = levels_[depth_];
    if (level.after_key) {
      level.after_key = false;
      return;
    }
    if (level.any) buffer_ += ',';
    level.any = true;
  }

  void append(std::string_view text) {
    const std::size_t from = buffer_.size();
    append_json_string(text, buffer_);
    // Shorter by the quotes unless something was escaped.
    if (buffer_.size() - from == text.size() + 2) return;
    has_escapes_ = true;
    if (upper_) raise_escapes(buffer_, from);
  }

  bool scalar(std::string_view text) {
    if (skipped_ != 0) return skipped_ != 1 || fail("_SIGNATURE is not an object");
    if (depth_ == 0) return fail("not a JSON object");
    separate();
    buffer_ += text;
    return true;
  }

  bool start(char bracket) {
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

  bool end(char bracket) {
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

  bool flush_if_full() {
    if (buffer_.size() >= kPiece) {
      sha1_.update(buffer_);
      buffer_.clear();
    }
    return true;
  }

  Hasher sha1_;
  bool upper_;
  std::string buffer_;
  std::array<Level, kMaxDepth + 1> levels_{};
  std::size_t depth_ = 0;
  std::size_t skipped_ = 0;  // inside `_SIGNATURE`: 1 after its key, 2 in its object, ...
  bool in_sha1_ = false;
  bool unsorted_ = false;
  bool has_escapes_ = false;
  bool utf8_feature_ = false;
  std::string signature_;
  std::string error_;
};

void sort_keys(rapidjson::Value& value) {
  if (value.IsArray()) {
    for (rapidjson::Value& element : value.GetArray()) sort_keys(element);
  } else if (value.IsObject()) {
    const auto text = [](const rapidjson::Value& name) {
      return std::string_view(name.GetString(), name.GetStringLength());
    };
    std::sort(value.MemberBegin(), value.MemberEnd(),
              [&text](const auto& a, const auto& b) { return text(a.name) < text(b.name); });
    for (auto& member : value.GetObject()) sort_keys(member.value);
  }
}

void hash_unsorted(std::string_view text, std::string_view what, CanonicalHasher& hasher) {
  if (text.size() > kMaxUnsorted) {
    throw Error(Code::kLimit, fmt::format("{}: unsorted keys in a file of more than {} bytes", what,
                                          kMaxUnsorted));
  }
  rapidjson::Document document = parse_json(text, what);
  sort_keys(document);
  if (!document.Accept(hasher)) throw_corrupt("{}: {}", what, hasher.error());
}

CanonicalHasher hash_canonical(std::string_view text, std::string_view what, bool upper) {
  CanonicalHasher hasher(upper);
  try {
    parse_events(text, what, hasher);
  } catch (const Error&) {
    if (!hasher.unsorted()) throw;
    hasher = CanonicalHasher(upper);
    hash_unsorted(text, what, hasher);
  }
  return hasher;
}

}  // namespace

SignatureCheck check_signature(std::string_view text, std::string_view what) {
  if (text.size() > kMaxCatalogFile) {
    throw Error(Code::kLimit, fmt::format("{}: {} bytes; at most {} are allowed", what, text.size(),
                                          kMaxCatalogFile));
  }
  CanonicalHasher hasher = hash_canonical(text, what, false);
  if (hasher.signature().empty()) throw_corrupt("{}: no _SIGNATURE", what);
  SignatureCheck check;
  check.sha1 = hasher.finish();
  check.utf8_feature = hasher.utf8_feature();
  const auto signature = sha1_from_hex(hasher.signature());
  if (signature == check.sha1) return check;
  if (hasher.has_escapes()) {
    check.upper_case_escapes = signature == hash_canonical(text, what, true).finish();
  }
  if (!check.upper_case_escapes) {
    throw_corrupt("{}: _SIGNATURE is {}, but the content has {}", what,
                  quoted_for_message(hasher.signature()), to_hex(check.sha1));
  }
  return check;
}

}  // namespace metaset::ips
