#include "store/transfer_reader.h"

#include <fmt/format.h>

#include "metaset/base/json.h"
#include "metaset/ips/catalog.h"
#include "metaset/ips/fmri.h"
#include "metaset/ips/p5i.h"
#include "metaset/store/metaset_transfer.h"

#include "codec.h"

namespace metaset::store {

namespace {

constexpr std::int64_t kYear10000 = 253'402'300'800'000'000;  // microseconds

[[noreturn]] void bad_transfer(std::string_view what) {
  throw Error(Code::kInvalid, fmt::format("not a transfer record of a metaset: {}", what));
}

void require_form(bool right, std::string_view what) {
  if (!right) bad_transfer(what);
}

bool is_time(Time time) { return time.micros >= 0 && time.micros < kYear10000; }

// A text of the catalog goes into catalog files as it is.
bool is_catalog_text(std::string_view text) {
  const rapidjson::Document json = parse_json(text, "catalog text");
  if (!json.IsArray()) return false;
  for (const auto& item : json.GetArray()) {
    if (!item.IsString()) return false;
  }
  return true;
}

bool is_summary_locale(std::string_view locale) {
  return ips::is_catalog_file_name("catalog.summary." + std::string(locale));
}

class TransferReader {
 public:
  TransferReader(std::string_view bytes, TransferHandler& handler)
      : in_(bytes, "transfer"), handler_(handler) {}

  MetasetRecord read() {
    require_form(in_.text_view() == kTransferFormat, "it does not begin like one");
    metaset();
    const std::size_t texts = in_.count();
    for (std::size_t i = 0; i < texts; ++i) text(in_.text_view());
    const std::size_t publishers = in_.count();
    for (std::size_t i = 0; i < publishers; ++i) publisher();
    if (in_.boolean()) config(0, in_.text_view());
    in_.end();
    return record_;
  }

 private:
  void metaset() {
    const std::string_view bytes = in_.text_view();
    record_ = MetasetRecord::decode(bytes);
    require_form(record_.encode() == bytes, "the metaset is not in its canonical form");
    require_form(
        record_.number > 0 && record_.parent == record_.number - 1 && is_time(record_.time),
        "the metaset has an impossible number or time");
    handler_.metaset(record_);
  }

  void text(std::string_view text) {
    require_form(is_catalog_text(text), "a text of the catalog is no list of strings");
    handler_.text(text);
  }

  void config(PublisherId scope, std::string_view json) {
    if (scope == 0) {
      require_form(parse_json(json, "configuration").IsObject(), "the configuration is no object");
    } else if (!json.empty()) {
      ips::read_p5i(json);
    }
    handler_.config(scope, json);
  }

  void publisher() {
    const PublisherId id = in_.u32();
    require_form(id > last_publisher_, "publishers are not in the order of their numbers");
    last_publisher_ = id;
    const std::string_view prefix = in_.text_view();
    require_form(ips::is_publisher_name(prefix), "a publisher has an illegal name");
    const bool is_new = in_.boolean();
    handler_.publisher(id, prefix, is_new);
    const bool has_config = in_.boolean();
    if (has_config) config(id, in_.text_view());
    const bool has_state = in_.boolean();
    require_form(has_state || (has_config && !is_new), "nothing of a publisher is changed");
    if (!has_state) return;
    const std::size_t operations = in_.count();
    for (std::size_t i = 0; i < operations; ++i) operation();
    state();
  }

  void operation() {
    const auto operation = OperationRecord::decode(in_.text_view());
    require_form(operation.metaset == record_.number, "an operation is that of another metaset");
    require_form(is_time(operation.time), "an operation has an impossible time");
    require_form(ips::is_package_name(operation.name), "a package has an illegal name");
    require_form(ips::Version::parse(operation.version).text() == operation.version,
                 "a version is not in its canonical form");
    if (!in_.boolean()) {
      require_form(!operation.add, "an added package has no row");
      handler_.operation(operation, nullptr);
      return;
    }
    const auto row = PackageEntry::decode(in_.text_view());
    require_form(
        row.added_in == record_.number && row.removed_in == 0 && row.version == operation.version,
        "the row of a package is not that of its operation");
    std::string_view before;
    for (const LocaleText& summary : row.summary) {
      require_form(before < summary.locale && is_summary_locale(summary.locale),
                   "a package has illegal locales");
      before = summary.locale;
    }
    handler_.operation(operation, &row);
  }

  void state() {
    const auto state = PublisherState::decode(in_.text_view());
    require_form(is_time(state.created) && is_time(state.last_modified),
                 "a publisher has an impossible time");
    std::string_view before;
    for (const PartState& part : state.parts) {
      require_form(before < part.name && part.name.starts_with("catalog.") &&
                       part.name != "catalog.attrs" && ips::is_catalog_file_name(part.name) &&
                       part.changed_in <= record_.number && is_time(part.last_modified),
                   "a publisher has illegal catalog parts");
      before = part.name;
    }
    handler_.state(state);
  }

  Decoder in_;
  TransferHandler& handler_;
  MetasetRecord record_;
  PublisherId last_publisher_ = 0;
};

}  // namespace

MetasetRecord read_transfer(std::string_view bytes, TransferHandler& handler) {
  require_form(bytes.size() <= kMaxTransferRecord, "it is too long");
  try {
    return TransferReader(bytes, handler).read();
  } catch (const DecodeError&) {
    bad_transfer("it is damaged");
  }
}

}  // namespace metaset::store
