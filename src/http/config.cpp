#include "metaset/http/config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/http/routes.h"
#include "metaset/store/layout.h"
#include "metaset/store/staging.h"
#include "metaset/store/tags.h"

namespace metaset::http {
namespace {

constexpr std::array kKeys = {
    Param::kRoot,      Param::kMode,    Param::kDisableOps,    Param::kAccel,
    Param::kBase,      Param::kAuth,    Param::kArea,          Param::kClose,
    Param::kPreview,   Param::kView,    Param::kPastViews,     Param::kTransfer,
    Param::kGroup,     Param::kMemory,  Param::kSearchSeconds, Param::kSlowSearches,
    Param::kTemplates, Param::kMetrics, Param::kMetricsTo};
// Locations of one web server; more would mean that a parameter varies with the request.
constexpr std::size_t kMaxEntries = 64;

Error bad(std::string_view name, std::string_view value, std::string_view rule) {
  return Error(Code::kUsage, fmt::format("The parameter {} is '{}': {}.", name, value, rule));
}

std::string_view without_final_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// What is between the commas, without blanks around it and without empty words.
std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    word.remove_prefix(std::min(word.find_first_not_of(kBlanks), word.size()));
    word = word.substr(0, word.find_last_not_of(kBlanks) + 1);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

Mode parse_mode(std::string_view text) {
  if (text.empty() || text == "default") return kDefaultMode;
  if (text == "readonly") return kReadonlyMode;
  if (text == "mirror") return kMirrorMode;
  throw bad("METASET_MODE", text, "it must be default, readonly or mirror");
}

Closing parse_closing(std::string_view text) {
  if (text.empty() || text == "immediate") return Closing::kImmediate;
  if (text == "staged") return Closing::kStaged;
  throw bad("METASET_CLOSE", text, "it must be immediate or staged");
}

PreviewAccess parse_preview(std::string_view text) {
  if (text.empty() || text == "granted") return PreviewAccess::kGranted;
  if (text == "open") return PreviewAccess::kOpen;
  throw bad("METASET_PREVIEW", text, "it must be granted or open");
}

PastViews parse_past_views(std::string_view text) {
  if (text.empty() || text == "all") return PastViews::kAll;
  if (text == "tagged") return PastViews::kTagged;
  if (text == "none") return PastViews::kNone;
  throw bad("METASET_PAST_VIEWS", text, "it must be all, tagged or none");
}

Transfer parse_transfer(std::string_view text) {
  if (text.empty() || text == "active") return Transfer::kActive;
  if (text == "all") return Transfer::kAll;
  if (text == "none") return Transfer::kNone;
  throw bad("METASET_TRANSFER", text, "it must be active, all or none");
}

std::string parse_view(std::string_view text) {
  if (text.empty() || store::is_metaset_name(text)) return std::string(text);
  throw bad("METASET_VIEW", text, "it must be a number, a tag or a UTC time of a metaset");
}

std::string parse_area(std::string_view text) {
  if (text.empty()) return std::string(store::kDefaultArea);
  if (store::Staging::is_area_name(text)) return std::string(text);
  throw bad("METASET_AREA", text, "it must be the name of a staging area");
}

// Not a directory either, by its name.
bool is_file_path(std::string_view text) {
  return text.starts_with('/') && !text.ends_with('/') && text.size() < 4096;
}

std::string parse_group(std::string_view text) {
  if (text.empty() || is_file_path(text)) return std::string(text);
  throw bad("METASET_GROUP", text, "it must be the absolute path of the file of metaset agent");
}

std::string parse_memory(std::string_view text, std::string_view root) {
  if (text.empty()) return store::client_memory_path(root);
  if (text == "off") return {};
  if (is_file_path(text)) return std::string(text);
  throw bad("METASET_MEMORY", text, "it must be the absolute path of a file, or off");
}

std::string parse_metrics(std::string_view text, std::string_view root) {
  if (text.empty() || text == "off") return {};
  if (text == "on") return store::metrics_path(root);
  if (is_file_path(text)) return std::string(text);
  throw bad("METASET_METRICS", text, "it must be on, off or the absolute path of a file");
}

MetricsTo parse_metrics_to(std::string_view text) {
  if (text.empty() || text == "local") return MetricsTo::kLocal;
  if (text == "all") return MetricsTo::kAll;
  throw bad("METASET_METRICS_TO", text, "it must be local or all");
}

// nullopt: it is empty.
std::optional<unsigned> parse_number(std::string_view name, std::string_view text, unsigned most) {
  if (text.empty()) return std::nullopt;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && number >= 1 && number <= most) return number;
  throw bad(name, text, fmt::format("it must be a number from 1 to {}", most));
}

std::chrono::seconds parse_search_time(std::string_view text) {
  const auto seconds = parse_number("METASET_SEARCH_SECONDS", text, 3600);
  return seconds ? std::chrono::seconds(*seconds) : Config{}.search_time;
}

std::string parse_templates(std::string_view text) {
  if (text.empty()) return {};
  const std::string_view path = without_final_slashes(text);
  if (is_file_path(path)) return std::string(path);
  throw bad("METASET_TEMPLATES", text, "it must be the absolute path of a directory of templates");
}

bool is_version_of(std::string_view operation, std::string_view version) {
  return std::ranges::any_of(routes(), [&](const Route& route) {
    return route.operation == operation && route.version == version;
  });
}

void parse_accel(std::string_view text, Config& config) {
  if (text.empty()) return;
  if (text == "sendfile") {
    config.hand_over = HandOver::kSendfile;
    return;
  }
  const bool safe = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (!text.starts_with('/') || !safe) {
    throw bad("METASET_ACCEL", text,
              "it must be an internal URI such as /.metaset/repository, or sendfile");
  }
  config.hand_over = HandOver::kAccel;
  config.accel_prefix = fmt::format("{}/", without_final_slashes(text));
}

}  // namespace

std::vector<DisabledOperation> parse_disabled_operations(std::string_view text) {
  std::vector<DisabledOperation> disabled;
  for (const std::string_view word : words_of(text)) {
    const std::size_t slash = std::min(word.find('/'), word.size());
    const std::string_view name = word.substr(0, slash);
    const std::string_view version = word.substr(std::min(slash + 1, word.size()));
    if (name.empty() || !is_operation_word(name)) {
      throw bad("METASET_DISABLE_OPS", text, fmt::format("'{}' is not an operation", name));
    }
    if (slash != word.size() && !is_version_of(name, version)) {
      throw bad("METASET_DISABLE_OPS", text,
                fmt::format("'{}' is not a version of the operation {}", version, name));
    }
    disabled.push_back({std::string(name), std::string(version)});
  }
  return disabled;
}

std::vector<AuthSource> parse_auth(std::string_view text) {
  constexpr std::array kWords = {
      std::pair{"cert", AuthSource::kCertificate}, std::pair{"user", AuthSource::kUser},
      std::pair{"token", AuthSource::kToken}, std::pair{"anonymous", AuthSource::kAnonymous}};
  std::vector<AuthSource> sources;
  for (const std::string_view word : words_of(text)) {
    const auto known =
        std::ranges::find_if(kWords, [&](const auto& one) { return one.first == word; });
    if (known == kWords.end()) {
      throw bad("METASET_AUTH", text,
                fmt::format("'{}' is not one of cert, user, token and anonymous", word));
    }
    sources.push_back(known->second);
  }
  return sources;
}

std::optional<Time> parse_request_time(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr std::size_t kMostSeconds = 11, kDecimals = 6;
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string micros(text.substr(0, point));
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  micros.append(decimals).append(kDecimals - std::min(decimals.size(), kDecimals), '0');
  const bool digits = std::ranges::all_of(micros, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || point == 0 || point > kMostSeconds || decimals.size() > kDecimals) {
    throw bad("METASET_REQUEST_TIME", text, "it must be seconds since 1970, as 1700000000.123");
  }
  Time time;
  std::from_chars(micros.data(), micros.data() + micros.size(), time.micros);
  return time;
}

namespace {

// What is another one in each request.
void check_of_request(const Request& request) {
  parse_request_time(request[Param::kRequestTime]);
  const std::string_view id = request[Param::kRequestId];
  if (id.size() > kMaxRequestId) {
    throw bad("METASET_REQUEST_ID", id.substr(0, kMaxRequestId),
              fmt::format("it must have at most {} bytes", kMaxRequestId));
  }
}

}  // namespace

Config parse_config(const Request& request) {
  if (!request.unknown_parameter().empty()) {
    throw Error(Code::kUsage,
                fmt::format("The parameter {} is not known.", request.unknown_parameter()));
  }
  check_of_request(request);
  Config config;
  const std::string_view root = request[Param::kRoot];
  if (root.empty()) {
    throw Error(Code::kUsage, "The parameter METASET_ROOT is missing: it names the repository.");
  }
  if (!root.starts_with('/')) throw bad("METASET_ROOT", root, "it must be an absolute path");
  config.root = without_final_slashes(root);
  if (config.root.empty()) throw bad("METASET_ROOT", root, "it must not be the root directory");
  config.mode = parse_mode(request[Param::kMode]);
  config.disabled = parse_disabled_operations(request[Param::kDisableOps]);
  parse_accel(request[Param::kAccel], config);
  config.auth = parse_auth(request[Param::kAuth]);
  config.area = parse_area(request[Param::kArea]);
  config.closing = parse_closing(request[Param::kClose]);
  config.preview = parse_preview(request[Param::kPreview]);
  config.view = parse_view(request[Param::kView]);
  config.past_views = parse_past_views(request[Param::kPastViews]);
  config.transfer = parse_transfer(request[Param::kTransfer]);
  config.group = parse_group(request[Param::kGroup]);
  config.memory = parse_memory(request[Param::kMemory], config.root);
  config.search_time = parse_search_time(request[Param::kSearchSeconds]);
  config.slow_searches =
      parse_number("METASET_SLOW_SEARCHES", request[Param::kSlowSearches], 1024).value_or(0);
  config.templates = parse_templates(request[Param::kTemplates]);
  config.metrics = parse_metrics(request[Param::kMetrics], config.root);
  config.metrics_to = parse_metrics_to(request[Param::kMetricsTo]);
  const std::string_view base = request[Param::kBase];
  if (!base.empty() && !base.starts_with('/')) {
    throw bad("METASET_BASE", base, "it must begin with a slash");
  }
  config.has_base = !base.empty();
  config.base = without_final_slashes(base);
  return config;
}

struct ConfigCache::Entry {
  std::array<std::string, kKeys.size()> values;
  Config config;
};

const Config& ConfigCache::get(const Request& request) {
  check_of_request(request);
  if (request.unknown_parameter().empty()) {
    for (const auto& entry : entries_) {
      const bool same = std::ranges::equal(kKeys, entry->values, [&](Param key, const auto& value) {
        return request[key] == value;
      });
      if (same) return entry->config;
    }
  }
  auto entry = std::make_shared<Entry>();
  entry->config = parse_config(request);
  std::ranges::transform(kKeys, entry->values.begin(),
                         [&](Param key) { return std::string(request[key]); });
  if (entries_.size() == kMaxEntries) entries_.erase(entries_.begin());
  entries_.push_back(std::move(entry));
  return entries_.back()->config;
}

}  // namespace metaset::http
