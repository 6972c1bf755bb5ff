// Verification: publishers with their names and configuration; texts of the catalog.
#include <algorithm>

#include "metaset/base/json.h"
#include "metaset/ips/fmri.h"
#include "metaset/ips/p5i.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

VerifiedPublisher& remember(VerifyContext& context, store::PublisherId id,
                            std::string_view prefix) {
  if (VerifiedPublisher* known = context.publisher(id)) return *known;
  VerifiedPublisher publisher;
  publisher.id = id;
  publisher.prefix = prefix;
  return context.publishers.emplace_back(std::move(publisher));
}

void read_names(VerifyContext& context) {
  lmdb::Cursor cursor(context.txn, context.table(store::kPublisherNames));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const std::string prefix(cursor.key());
    context.guard(DamageKind::kPublisher, prefix, [&] {
      VerifiedPublisher& publisher = remember(context, store::read_u32(cursor.value()), prefix);
      if (publisher.prefix == prefix) return;
      throw Error(Code::kCorrupt, "it has the number of " + publisher.prefix);
    });
  }
}

void read_records(VerifyContext& context) {
  std::vector<store::PublisherId> recorded;
  lmdb::Cursor cursor(context.txn, context.table(store::kPublishers));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const store::PublisherId id = store::read_u32(cursor.key());
    VerifiedPublisher& publisher = remember(context, id, "publisher " + std::to_string(id));
    recorded.push_back(id);
    ++context.report.publishers;
    const bool whole = context.guard(DamageKind::kPublisher, publisher.prefix, [&] {
      const auto record = store::PublisherRecord::decode(cursor.value());
      publisher.added_in = record.added_in;
      if (record.prefix != publisher.prefix) {
        throw Error(Code::kCorrupt, "its record names " + record.prefix);
      }
      if (record.added_in == 0 || record.added_in > context.latest) {
        throw Error(Code::kCorrupt, "it was added in metaset " + std::to_string(record.added_in) +
                                        ", which is not there");
      }
    });
    publisher.damaged = publisher.damaged || !whole;
  }
  for (VerifiedPublisher& publisher : context.publishers) {
    if (std::find(recorded.begin(), recorded.end(), publisher.id) != recorded.end()) continue;
    context.damage(publisher, DamageKind::kPublisher, publisher.prefix, "its record is missing");
  }
}

// Publishers that rows speak of, but that nobody introduced.
void find_unknown(VerifyContext& context) {
  for (const store::CommittedTable table :
       {store::kStates, store::kPackages, store::kOperations, store::kLogs}) {
    lmdb::Cursor cursor(context.txn, context.table(table));
    bool more = cursor.first();
    while (more) {
      const store::PublisherId id = store::read_u32(cursor.key());
      if (context.publisher(id) == nullptr) {
        VerifiedPublisher& added = remember(context, id, "publisher " + std::to_string(id));
        context.damage(added, DamageKind::kPublisher, added.prefix, "its record is missing");
      }
      more = id != ~store::PublisherId{0} && cursor.seek(store::u32_key(id + 1));
    }
  }
}

void check_configuration(VerifyContext& context) {
  lmdb::Cursor cursor(context.txn, context.table(store::kConfig));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    std::string what = "configuration";
    context.guard(DamageKind::kPublisher, what, [&] {
      const store::PublisherId scope = store::read_u32(cursor.key());
      const store::MetasetNumber number = store::read_u64(cursor.key());
      const VerifiedPublisher* publisher = context.publisher(scope);
      if (scope != 0 && publisher == nullptr) {
        throw Error(Code::kCorrupt, "it is that of an unknown publisher");
      }
      const std::string of =
          (scope == 0 ? "" : " of " + publisher->prefix) + " in metaset " + std::to_string(number);
      try {
        if (number == 0 || number > context.latest) {
          throw Error(Code::kCorrupt, "there is no such metaset");
        }
        if (cursor.value().empty()) return;  // none any more
        scope == 0 ? void(parse_json(cursor.value(), what)) : void(ips::read_p5i(cursor.value()));
      } catch (const std::exception& error) {
        context.damaged_metasets.insert(number);
        throw Error(Code::kCorrupt, "that" + of + ": " + reason_of(error));
      }
    });
  }
}

}  // namespace

void verify_publishers(VerifyContext& context) {
  read_names(context);
  read_records(context);
  find_unknown(context);
  std::sort(context.publishers.begin(), context.publishers.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  check_configuration(context);
}

void verify_texts(VerifyContext& context) {
  ProgressPhase phase(context.callback, "texts", context.txn.count(context.table(store::kTexts)));
  lmdb::Cursor cursor(context.txn, context.table(store::kTexts));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    ++context.report.texts;
    phase.step(cursor.value().size());
    const Sha256 digest = sha256_of(cursor.value());
    store::TextId id{};
    if (cursor.key() == bytes_of(digest).substr(0, id.size())) continue;
    const std::size_t number = context.damage(DamageKind::kText, to_hex(cursor.key()),
                                              "the text has the SHA-256 " + to_hex(digest));
    if (cursor.key().size() != id.size()) continue;
    std::copy(cursor.key().begin(), cursor.key().end(), id.begin());
    context.bad_texts[id] = number;
  }
}

}  // namespace metaset::depot
