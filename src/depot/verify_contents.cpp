// Verification: the digest of a metaset's changes, made again from the rows it wrote.
//
// The order of a publisher's operations follows from the rows, how settings and other publishers'
// operations stood among them does not. The usual orders are tried; if none gives the digest and
// there is more than one thing to order, nothing is proved either way.
#include <algorithm>

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

struct Order {
  bool repository_first = false;  // its configuration stands before all else
  bool feature_first = false;     // a publisher's feature stands before its configuration
};
constexpr Order kOrders[] = {{false, false}, {false, true}, {true, false}, {true, true}};

// As store::MetasetWriter describes its changes.
class Content {
 public:
  Content(VerifyContext& context, const store::MetasetRecord& record, Order order)
      : context_(context), record_(record), order_(order) {
    const auto place = context.configured.find(record.number);
    if (place != context.configured.end()) configured_ = place->second;
  }

  bool matches() {
    if (order_.repository_first) configuration(0);
    for (const store::PublisherChange& change : record_.publishers) publisher(change.publisher);
    // What is left, then the repository's own.
    for (const store::PublisherId scope : configured_) {
      if (scope != 0) configuration(scope);
    }
    if (!order_.repository_first) configuration(0);
    return plain_.finish_sha256() == record_.content ||
           imported_.finish_sha256() == record_.content;
  }

  bool one_order() const { return record_.publishers.size() + configured_.size() <= 1; }

 private:
  void line(const std::string& text) {
    plain_.update(text + "\n");
    imported_.update(text + "\n");
  }
  std::string prefix(store::PublisherId id) const {
    const VerifiedPublisher* publisher = context_.publisher(id);
    return publisher == nullptr ? std::string() : publisher->prefix;
  }

  void publisher(store::PublisherId id) {
    const auto now = store::View(context_.env(), context_.txn, record_.number).state(id);
    std::uint64_t first = 0;
    bool utf8 = true;
    if (context_.publisher(id)->added_in == record_.number) {
      line("publisher " + prefix(id));
    } else {
      const auto before = store::View(context_.env(), context_.txn, record_.number - 1).state(id);
      first = before.next_sequence;
      utf8 = before.utf8_feature;
    }
    const auto feature = [&] {
      if (now.utf8_feature == utf8) return;
      line("feature " + prefix(id) + (now.utf8_feature ? " utf8" : " ascii"));
    };
    if (order_.feature_first) feature();
    if (std::erase(configured_, id) > 0) configuration(id);
    if (!order_.feature_first) feature();
    for (std::uint64_t i = first; i < now.next_sequence; ++i) operation(id, i);
    imported_.update("catalog " + prefix(id) + " " + basic_timestamp(now.created) + " " +
                     basic_timestamp(now.last_modified) + "\n");
  }

  void configuration(store::PublisherId scope) {
    const auto value =
        context_.txn.get(context_.table(store::kConfig), store::pair_key(scope, record_.number));
    if (!value) return;
    line("config " + (scope == 0 ? std::string() : prefix(scope)) + " " +
         to_hex(sha256_of(*value)));
  }

  void operation(store::PublisherId id, std::uint64_t sequence) {
    const auto value =
        context_.txn.get(context_.table(store::kOperations), store::pair_key(id, sequence));
    if (!value) throw Error(Code::kCorrupt, "an operation is missing");
    const auto operation = store::OperationRecord::decode(*value);
    const auto row = context_.txn.get(
        context_.table(store::kPackages),
        store::package_key(id, operation.name, ips::Version::parse(operation.version),
                           operation.entry));
    if (!row) throw Error(Code::kCorrupt, "a package row is missing");
    const auto entry = store::PackageEntry::decode(*row);
    std::string text = operation.add ? "add " : "remove ";
    text += prefix(id) + " " + operation.name + "@" + operation.version + " " +
            to_hex(entry.manifest_sha1) + " " + to_hex(entry.manifest) + " " +
            basic_timestamp(operation.time);
    if (entry.dependency) text += " dependency " + to_hex(*entry.dependency);
    for (const store::LocaleText& s : entry.summary) text += " " + s.locale + " " + to_hex(s.text);
    line(text);
  }

  VerifyContext& context_;
  const store::MetasetRecord& record_;
  const Order order_;
  std::vector<store::PublisherId> configured_;
  // Without and with the line of an import about the catalog's times.
  Hasher plain_{HashKind::kSha256}, imported_{HashKind::kSha256};
};

bool has_damaged_publisher(VerifyContext& context, const store::MetasetRecord& record) {
  const auto damaged = [&](store::PublisherId id) {
    const VerifiedPublisher* publisher = context.publisher(id);
    return publisher == nullptr || publisher->damaged;
  };
  return std::any_of(record.publishers.begin(), record.publishers.end(),
                     [&](const store::PublisherChange& c) { return damaged(c.publisher); });
}

void verify_content(VerifyContext& context, const store::MetasetRecord& record) {
  if (context.damaged_metasets.contains(record.number)) return;
  if (has_damaged_publisher(context, record)) return;
  const bool one_order = Content(context, record, kOrders[0]).one_order();
  for (const Order& order : kOrders) {
    if (Content(context, record, order).matches()) return;
    if (one_order) break;
  }
  if (!one_order) {
    ++context.report.unproven_contents;
    return;
  }
  context.damage(DamageKind::kMetaset, "metaset " + std::to_string(record.number),
                 "its changes do not give the digest " + to_hex(record.content) +
                     " that was recorded of them");
}

}  // namespace

void verify_contents(VerifyContext& context) {
  VerifyPhase phase(context, "changes", context.txn.count(context.table(store::kMetasets)));
  lmdb::Cursor cursor(context.txn, context.table(store::kMetasets));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    phase.step();
    try {
      const auto record = store::MetasetRecord::decode(cursor.value());
      if (cursor.key() == store::u64_key(record.number)) verify_content(context, record);
    } catch (const std::exception&) {
      ++context.report.unproven_contents;  // what is missing for it was named before
    }
  }
}

}  // namespace metaset::depot
