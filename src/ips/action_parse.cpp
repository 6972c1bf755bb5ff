#include <map>
#include <optional>

#include "metaset/ips/action.h"

#include "ips/action_scan.h"
#include "ips/text.h"

namespace metaset::ips {
namespace {

// Finds the attribute of a key. A few attributes are found fastest by looking at each; beyond that
// a map keeps a hostile action from costing quadratic time.
class KeyIndex {
 public:
  explicit KeyIndex(std::vector<Action::Attribute>& attributes) : attributes_(attributes) {}

  // `key` must outlive the index.
  Action::Attribute& find_or_add(std::string_view key) {
    if (attributes_.size() <= kFew) {
      for (Action::Attribute& attribute : attributes_) {
        if (attribute.key == key) return attribute;
      }
      return append(key);
    }
    if (map_.empty()) {
      for (std::size_t i = 0; i < keys_.size(); ++i) map_.emplace(keys_[i], i);
    }
    const auto [place, added] = map_.try_emplace(key, attributes_.size());
    return added ? append(key) : attributes_[place->second];
  }

 private:
  static constexpr std::size_t kFew = 24;

  Action::Attribute& append(std::string_view key) {
    if (attributes_.size() <= kFew) keys_.push_back(key);
    Action::Attribute& attribute = attributes_.emplace_back();
    attribute.key = key;
    return attribute;
  }

  std::vector<Action::Attribute>& attributes_;
  std::vector<std::string_view> keys_;
  std::map<std::string_view, std::size_t> map_;  // not hashed: keys may be chosen to collide
};

[[noreturn]] void invalid(std::string_view text, std::string_view rule) {
  throw_invalid("{} in action {}", rule, quoted_for_message(text));
}

// "set <name>=<value>" means "set name=<name> value=<value>".
void expand_set(std::vector<Action::Attribute>& attributes, std::string_view text) {
  const auto has = [&attributes](std::string_view key) {
    for (const Action::Attribute& attribute : attributes) {
      if (attribute.key == key) return true;
    }
    return false;
  };
  if (has("name") && has("value")) return;
  if (attributes.size() != 1) invalid(text, "missing \"name\" or \"value\" attribute");
  Action::Attribute name;
  name.key = "name";
  name.values.push_back(std::move(attributes.front().key));
  attributes.front().key = "value";
  attributes.insert(attributes.begin(), std::move(name));
}

void strip_path(std::vector<std::string>& values, std::string_view text) {
  if (values.size() != 1) invalid(text, "several values of path");
  std::string& path = values.front();
  path.erase(0, path.find_first_not_of('/'));
  if (path.empty()) invalid(text, "empty path");
}

}  // namespace

Action Action::parse(std::string_view line) {
  ActionScanner scanner(line);
  Action action(scanner.type(), {});
  action.attributes_.reserve(12);
  KeyIndex index(action.attributes_);
  std::string_view key;
  std::string_view value;
  while (scanner.next(key, value)) index.find_or_add(key).values.emplace_back(value);
  action.hash_ = scanner.hash();

  const std::string_view key_name = key_attribute(action.type_);
  if (key_name.empty()) return action;
  Attribute* path = nullptr;
  const Attribute* key_value = nullptr;
  const Attribute* depend_type = nullptr;
  for (Attribute& attribute : action.attributes_) {
    if (attribute.key == key_name) key_value = &attribute;
    if (attribute.key == "path") path = &attribute;
    if (attribute.key == "type") depend_type = &attribute;
  }
  const bool optional_key =
      action.type_ == ActionType::kSet || action.type_ == ActionType::kSignature;
  if (key_value == nullptr) {
    if (!optional_key) invalid(line, fmt::format("missing key attribute \"{}\"", key_name));
  } else {
    // A list of alternatives makes sense only for a dependency of a known type.
    const bool may_be_list = action.type_ == ActionType::kDepend && depend_type != nullptr &&
                             depend_type->values.size() == 1;
    if (key_value->values.size() > 1 && !may_be_list) {
      invalid(line, fmt::format("several values of the key attribute \"{}\"", key_name));
    }
    if (path != nullptr) strip_path(path->values, line);
  }
  if (action.type_ == ActionType::kSet) expand_set(action.attributes_, line);
  return action;
}

}  // namespace metaset::ips
