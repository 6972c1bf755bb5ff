// Actions: the lines of a manifest (protocol/formats.md section 3.1 and 3.2). Pure values.
//
//   action  = type 1*WS [ hash 1*WS ] attr *( 1*WS attr )
//   attr    = key "=" value
//   key     = 1*( any character except WS, "=", quote )
//   value   = unquoted | quoted *( WS quoted )
//   quoted  = '"' ... '"' | "'" ... "'"        ; \\ and backslash + that quote are unescaped
//   WS      = space | tab | newline
//
// Errors: kInvalid with the column and the rule; kLimit for more attributes than kMaxAttributes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metaset::ips {

inline constexpr std::size_t kMaxAttributes = 100'000;  // per action, values counted
inline constexpr std::size_t kMaxActionText = 4 << 20;

enum class ActionType {
  kSet,
  kDepend,
  kDir,
  kFile,
  kLink,
  kHardlink,
  kLicense,
  kDriver,
  kUser,
  kGroup,
  kLegacy,
  kSignature,
  kUnknown,
};
std::string_view type_name(ActionType type);
std::optional<ActionType> type_from_name(std::string_view name);
// file, license, signature: may carry a payload hash.
bool has_payload(ActionType type);
// The key attribute ("path", "name", ...), empty for kUnknown.
std::string_view key_attribute(ActionType type);

class Action {
 public:
  Action(ActionType type, std::string hash) : type_(type), hash_(std::move(hash)) {}
  // One action, without continuation lines. Applies every rule of section 3.1: the special form of
  // set, removal of leading slashes of path, the key attribute.
  static Action parse(std::string_view line);

  ActionType type() const { return type_; }
  const std::string& hash() const { return hash_; }  // empty: none
  void set_hash(std::string hash) { hash_ = std::move(hash); }

  // Values of a key in the order given; empty vector: absent. The pointer lives as long as the
  // action is not changed.
  const std::vector<std::string>* values(std::string_view key) const;
  // The first value, or nullptr.
  const std::string* value(std::string_view key) const;
  void add(std::string key, std::string value);
  void set(std::string key, std::string value);  // replaces all values
  void erase(std::string_view key);

  struct Attribute {
    std::string key;
    std::vector<std::string> values;
  };
  // In the order of their first occurrence.
  const std::vector<Attribute>& attributes() const { return attributes_; }

  // Canonical output: attributes sorted by key, quoting of section 3.1.
  std::string text() const;

 private:
  ActionType type_;
  std::string hash_;
  std::vector<Attribute> attributes_;
};

// What publication demands of a single action (section 3.2): every broken rule as one line of text.
std::vector<std::string> broken_rules(const Action& action);

// pkg.size of a file or license, which is what it adds to the size of its package; 0 for other
// actions and for values that are not numbers.
std::uint64_t installed_size(const Action& action);

// A value quoted as canonical output does; `in_list`: the value is one of several of its key.
void append_quoted_value(std::string_view value, bool in_list, std::string& out);

}  // namespace metaset::ips
