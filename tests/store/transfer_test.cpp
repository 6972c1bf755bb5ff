// Property: whatever happened, a repository to which the transfer records of another one are
// applied has the same metasets: records, digests, packages and catalogs.
#include <map>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"
#include "metaset/store/metaset_digest.h"
#include "metaset/store/metaset_transfer.h"
#include "metaset/store/rollback.h"

#include "fixture.h"

namespace metaset::store {
namespace {

// Another repository, which gets what records hold.
struct Receiver {
  void apply(const std::string& record) {
    if (!repository) {
      Repository::create(root, [&](lmdb::Env& env, lmdb::WriteTxn& txn) {
        apply_transfer(env, txn, record, true);
      });
      repository = std::make_unique<Repository>(root, Access::kWrite);
      return;
    }
    lmdb::Env& env = repository->committed();
    lmdb::WriteTxn txn(env);
    apply_transfer(env, txn, record, true);
    txn.commit();
  }
  TemporaryDirectory directory;
  std::string root = directory.path() + "/repo";
  std::unique_ptr<Repository> repository;
};

std::string record_of(TestRepository& t, MetasetNumber number) {
  const lmdb::ReadTxn txn(t.repository->committed());
  return transfer_record(View(t.repository->committed(), txn, number));
}

// Every catalog file of a metaset, by publisher and name.
std::map<std::string, std::string> catalogs(Repository& repository, MetasetNumber number) {
  std::map<std::string, std::string> result;
  const lmdb::ReadTxn txn(repository.committed());
  const View view(repository.committed(), txn, number);
  for (const Publisher& publisher : view.publishers()) {
    result[publisher.prefix + "/catalog.attrs"] =
        repository.catalog_files().attrs(view, publisher)->text;
    for (const auto& file : list_catalog_files(view, publisher, view.state(publisher.id))) {
      std::string& text = result[publisher.prefix + "/" + file.name];
      render_catalog_file(view, file, [&](std::string_view bytes) { text.append(bytes); });
    }
    result[publisher.prefix + "/config"] = view.config(publisher.id).value_or("none");
  }
  result["config"] = view.config(0).value_or("none");
  result["record"] = view.record().encode();
  return result;
}

std::string some_fmri() {
  const auto publisher = *rc::gen::element<std::string>("first", "second", "third");
  const auto name = *rc::gen::element<std::string>("a", "a+b", "a/b", "b");
  const auto release = *rc::gen::element<std::string>("1", "1.9", "1.10");
  const auto build = *rc::gen::element<std::string>("5.11", "5.9");
  return "pkg://" + publisher + "/" + name + "@" + release + "," + build + "-1:20240101T000000Z";
}

std::string some_actions() {
  std::string text;
  if (*rc::gen::arbitrary<bool>()) text += "depend type=require fmri=pkg:/x@1\n";
  if (*rc::gen::arbitrary<bool>()) text += "set name=pkg.description:fr value=\"voil\xc3\xa0\"\n";
  if (*rc::gen::arbitrary<bool>()) text += "signature algorithm=sha256 value=00 version=0\n";
  return text + "set name=info.number value=" + std::to_string(*rc::gen::inRange(0, 3)) + "\n";
}

OperationTime some_time(Time time) {
  const std::int64_t back = *rc::gen::element<std::int64_t>(0, 1, 3'600'000'000);
  return {Time{time.micros - back}, *rc::gen::inRange(0, 4) != 0};
}

void some_operation(MetasetWriter& writer, Time time) {
  const std::string fmri = some_fmri(), actions = some_actions();
  const auto facts = facts_for(fmri, actions);
  const PublisherId publisher = writer.publisher(ips::Fmri::parse(fmri).publisher);
  if (writer.view().find_visible(publisher, facts.name, facts.version)) {
    writer.remove(publisher, facts.name, facts.version, some_time(time));
    if (*rc::gen::arbitrary<bool>()) return;
  } else if (*rc::gen::inRange(0, 6) == 0) {
    writer.remove_unknown(publisher, facts, some_time(time));
    return;
  }
  writer.put_manifest(manifest_of(ips::Fmri::parse(fmri), actions));
  writer.add(publisher, facts, some_time(time));
}

void some_configuration(MetasetWriter& writer) {
  const auto prefix = *rc::gen::element<std::string>("first", "second");
  const PublisherId publisher = writer.publisher(prefix);
  writer.set_config(0, R"({"publisher":{"prefix":")" + prefix + R"("}})");
  writer.set_config(publisher, *rc::gen::element<std::string>(
                                   "", R"({"publishers":[{"name":"first"}],"version":1})"));
  writer.set_utf8_feature(publisher, *rc::gen::arbitrary<bool>());
  if (!*rc::gen::arbitrary<bool>()) return;
  ips::CatalogAttrs attrs;
  attrs.created = Time{1'600'000'000'000'000};
  attrs.last_modified = Time{1'600'000'000'000'001};
  attrs.parts.push_back({"catalog.base.C", attrs.last_modified, {}});
  writer.set_catalog_times(publisher, attrs);
}

void some_metaset(TestRepository& t, Time time) {
  const MetasetNumber latest = t.latest();
  if (latest > 2 && *rc::gen::inRange(0, 4) == 0) {
    RollbackOptions options;
    options.number = *rc::gen::inRange<MetasetNumber>(1, latest);
    options.time = time;
    rollback(*t.repository, options);
    return;
  }
  t.repository->write_metaset({"tester", "metaset", time, true},
                              [&](MetasetWriter& writer, lmdb::WriteTxn&) {
                                for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
                                  some_operation(writer, time);
                                }
                                if (*rc::gen::inRange(0, 3) == 0) some_configuration(writer);
                              });
}

BOOST_AUTO_TEST_CASE(whatever_happened_is_repeated) {
  const bool held = rc::check([] {
    TestRepository t;
    Time time{1'714'557'600'000'000};
    for (int i = *rc::gen::inRange(1, 8); i > 0; --i) {
      time.micros += *rc::gen::element<std::int64_t>(1, 1'000'000, 3'600'000'000);
      some_metaset(t, time);
    }
    Receiver receiver;
    for (MetasetNumber number = 1; number <= t.latest(); ++number) {
      receiver.apply(record_of(t, number));
      RC_ASSERT(catalogs(*receiver.repository, number) == catalogs(*t.repository, number));
    }
    // What was received can be handed on.
    const lmdb::ReadTxn txn(receiver.repository->committed());
    for (MetasetNumber number = 1; number <= t.latest(); ++number) {
      RC_ASSERT(transfer_record(View(receiver.repository->committed(), txn, number)) ==
                record_of(t, number));
    }
  });
  BOOST_TEST(held);
}

struct TransferFixture : TestRepository {
  TransferFixture() {
    stage("pkg://first/apple@1.0,5.11-1:20240101T000000Z", "depend type=require fmri=pkg:/x@1\n");
    commit_all();
  }
  void commit_more() {
    stage("pkg://first/apple@2.0,5.11-1:20240101T000000Z");
    commit_all();
  }
  Receiver receiver;
};

BOOST_FIXTURE_TEST_SUITE(transfers, TransferFixture)

BOOST_AUTO_TEST_CASE(a_changed_byte_never_becomes_a_metaset) {
  receiver.apply(record_of(*this, 1));
  const std::string good = record_of(*this, 2);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    lmdb::WriteTxn txn(receiver.repository->committed());
    try {
      apply_transfer(receiver.repository->committed(), txn, bad, true);
      BOOST_ERROR("byte " << i);
    } catch (const Error& error) {
      BOOST_TEST(!error.message().empty());
    }
  }
  BOOST_CHECK_THROW(check_transfer(good.substr(0, good.size() - 1)), Error);
  BOOST_CHECK_THROW(check_transfer(good + '\0'), Error);
  receiver.apply(good);
  BOOST_CHECK(catalogs(*receiver.repository, 2) == catalogs(*repository, 2));
}

BOOST_AUTO_TEST_CASE(only_the_next_metaset_fits) {
  receiver.apply(record_of(*this, 1));
  const auto is_conflict = [](const Error& error) { return error.code() == Code::kConflict; };
  BOOST_CHECK_EXCEPTION(receiver.apply(record_of(*this, 1)), Error, is_conflict);
  commit_more();
  BOOST_CHECK_EXCEPTION(receiver.apply(record_of(*this, 3)), Error, is_conflict);
}

BOOST_AUTO_TEST_CASE(another_history_is_refused) {
  receiver.apply(record_of(*this, 1));
  receiver.repository->write_metaset(
      {"other", "other", std::nullopt, true},
      [](MetasetWriter& writer, lmdb::WriteTxn&) { writer.set_utf8_feature(1, false); });
  commit_more();
  BOOST_CHECK_EXCEPTION(receiver.apply(record_of(*this, 3)), Error,
                        [](const Error& error) { return error.code() == Code::kCorrupt; });
}

BOOST_AUTO_TEST_CASE(the_chain_is_checked_before_anything_is_written) {
  const MetasetRecord second = check_transfer(record_of(*this, 2));
  const Sha256 first = check_transfer(record_of(*this, 1)).digest;
  BOOST_TEST(is_next_in_chain(second, first));
  BOOST_TEST(!is_next_in_chain(second, second.digest));
  MetasetRecord changed = second;
  changed.message += "!";
  BOOST_TEST(!is_next_in_chain(changed, first));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
