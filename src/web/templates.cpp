#include "metaset/web/templates.h"

#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/hash.h"
#include "metaset/base/xml.h"

#include "config.h"
#include "web/built_in.h"
#include "web/template_data.h"

namespace metaset::web {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kLookAgain = std::chrono::seconds(1);
constexpr std::uint64_t kMaxTemplate = 1 << 20;
constexpr int kMaxInclusions = 100;  // in one page
constexpr std::string_view kSuffix = ".mustache";
constexpr std::string_view kStyle = "style.css";

using Texts = std::map<std::string, std::string, std::less<>>;

std::string escaped(const std::string& text) {
  std::string out;
  out.reserve(text.size() + 16);
  append_xml(text, out);
  return out;
}

Error broken(std::string_view name, std::string_view why) {
  return Error(Code::kCorrupt, fmt::format("The template {} is broken: {}.", name, why));
}

// What is in packages must not become markup, whoever wrote the template.
void require_escaping(std::string_view name, std::string_view text) {
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    at = text.find_first_not_of(" \t\n", at + 2);
    if (at == std::string_view::npos) return;
    if (text[at] == '{' || text[at] == '&' || text[at] == '=') {
      throw broken(
          name, fmt::format("a tag begins with '{}', but everything has to be escaped", text[at]));
    }
  }
}

// Puts the texts of other templates in the places of {{> NAME}}.
std::string with_inclusions(const Texts& texts, const std::string& name) {
  std::string text = texts.find(name)->second;
  int count = 0;
  for (std::size_t at = text.find("{{>"); at != std::string::npos; at = text.find("{{>", at)) {
    const std::size_t end = text.find("}}", at);
    if (end == std::string::npos) throw broken(name, "a tag has no end");
    std::string_view wanted = std::string_view(text).substr(at + 3, end - at - 3);
    while (wanted.starts_with(' ')) wanted.remove_prefix(1);
    while (wanted.ends_with(' ')) wanted.remove_suffix(1);
    const auto found = texts.find(fmt::format("{}{}", wanted, kSuffix));
    if (found == texts.end()) throw broken(name, fmt::format("there is no '{}'", wanted));
    if (++count > kMaxInclusions) throw broken(name, "it includes itself");
    text.replace(at, end + 2 - at, found->second);
  }
  return text;
}

}  // namespace

struct Templates::State {
  std::string directory;
  Texts texts;
  std::map<std::string, kainjow::mustache::mustache, std::less<>> parsed;
  std::vector<std::optional<FileInfo>> seen;
  Clock::time_point looked;
  std::string digest, style_name;
  std::shared_ptr<const std::string> style;

  void load() {
    texts.clear();
    parsed.clear();
    style_name.clear();
    Hasher hasher(HashKind::kSha256);
    hasher.update(PACKAGE_VERSION);
    for (const BuiltIn& file : built_in_files()) {
      std::string& text = texts[std::string(file.name)];
      text = file.text;
      if (!directory.empty()) {
        auto own = read_file_if_exists(join_path(directory, file.name), kMaxTemplate);
        if (own) text = *std::move(own);
      }
      hasher.update(fmt::format("{} {}\n", file.name, text.size()));
      hasher.update(text);
    }
    digest = to_hex(hasher.finish_sha256());
    style = std::make_shared<const std::string>(texts.find(kStyle)->second);
    for (const auto& [name, text] : texts) {
      if (!name.ends_with(kSuffix)) continue;
      require_escaping(name, text);
    }
    style_name = "style-" + to_hex(sha256_of(*style)).substr(0, 16) + ".css";
  }

  kainjow::mustache::mustache& get(std::string_view name) {
    const std::string file = fmt::format("{}{}", name, kSuffix);
    if (const auto known = parsed.find(file); known != parsed.end()) return known->second;
    if (!texts.contains(file)) {
      throw Error(Code::kInternal, fmt::format("there is no template {}", file));
    }
    kainjow::mustache::mustache one(with_inclusions(texts, file));
    if (!one.is_valid()) throw broken(file, one.error_message());
    one.set_custom_escape(escaped);
    return parsed.emplace(file, std::move(one)).first->second;
  }

  bool changed() {
    std::vector<std::optional<FileInfo>> now;
    for (const BuiltIn& file : built_in_files()) {
      now.push_back(file_info(join_path(directory, file.name)));
    }
    const auto same = [](const auto& a, const auto& b) {
      return a.has_value() == b.has_value() &&
             (!a || (a->size == b->size && a->modified == b->modified && a->inode == b->inode));
    };
    const bool differs =
        !std::equal(now.begin(), now.end(), seen.begin(), seen.end(), same) || style_name.empty();
    seen = std::move(now);
    return differs;
  }
};

Templates::Templates(std::string directory) : state_(std::make_unique<State>()) {
  state_->directory = std::move(directory);
}

Templates::~Templates() = default;

void Templates::refresh() {
  State& state = *state_;
  if (state.directory.empty()) {
    if (state.style_name.empty()) state.load();
    return;
  }
  const Clock::time_point now = Clock::now();
  if (!state.style_name.empty() && now - state.looked < kLookAgain) return;
  if (state.changed()) state.load();
  state.looked = now;
}

const std::string& Templates::digest() const { return state_->digest; }
std::shared_ptr<const std::string> Templates::style() const { return state_->style; }
const std::string& Templates::style_name() const { return state_->style_name; }

std::string render(Templates& templates, std::string_view name, const Data& data) {
  std::string out;
  kainjow::mustache::mustache& one = templates.state().get(name);
  one.render(data, [&out](const std::string& piece) { out += piece; });
  if (!one.is_valid()) throw broken(name, one.error_message());
  return out;
}

std::string count_text(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string iso_time(Time time) { return iso_timestamp(time).substr(0, 19) + "Z"; }

void put_time(Data& data, const char* name, Time time) {
  std::string text = iso_time(time);
  put(data, (std::string(name) + "_iso").c_str(), text);
  text.resize(16);
  text[10] = ' ';
  put(data, name, text);
}

}  // namespace metaset::web
