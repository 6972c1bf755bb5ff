// The audit and what tampering with it shows.
#include "metaset/store/audit.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "fixture.h"

namespace metaset::store {
namespace {

struct AuditFixture : TestRepository {
  lmdb::Env& env() { return repository->staging(); }
  Audit audit{repository->staging()};

  AuditHead write(int count) {
    AuditHead head;
    for (int i = 0; i < count; ++i) {
      head =
          audit.append({"token:build", "192.0.2.1", "open", "object " + std::to_string(i), "ok"});
    }
    return head;
  }
  std::string value(std::uint64_t number) {
    const lmdb::ReadTxn txn(env());
    return std::string(*txn.get(env().table(kAudit), u64_key(number)));
  }
  void replace(std::uint64_t number, std::string_view bytes) {
    lmdb::WriteTxn txn(env());
    txn.put(env().table(kAudit), u64_key(number), bytes);
    txn.commit();
  }
  void erase(std::uint64_t number) {
    lmdb::WriteTxn txn(env());
    txn.erase(env().table(kAudit), u64_key(number));
    txn.commit();
  }
  // The numbers of the faults that are found.
  std::vector<std::uint64_t> faults() {
    std::vector<std::uint64_t> numbers;
    for (const AuditFault& fault : audit.check().faults) {
      BOOST_TEST(fault.what.find(std::to_string(fault.number)) != std::string::npos);
      numbers.push_back(fault.number);
    }
    return numbers;
  }
  std::uint64_t count() { return audit.check().records; }
};

using Numbers = std::vector<std::uint64_t>;

BOOST_FIXTURE_TEST_SUITE(audit_chain, AuditFixture)

BOOST_AUTO_TEST_CASE(records_come_back_in_order) {
  BOOST_TEST(audit.head().number == 0u);
  const AuditHead head = write(5);
  BOOST_TEST(head.number == 5u);
  BOOST_TEST((audit.head().digest == head.digest));
  std::vector<AuditRecord> records;
  audit.for_each(2, [&](const AuditRecord& record) { records.push_back(record); });
  BOOST_REQUIRE(records.size() == 2u);
  BOOST_TEST(records[0].number == 4u);
  BOOST_TEST(records[1].object == "object 4");
  BOOST_TEST(records[1].identity == "token:build");
  BOOST_TEST(records[1].address == "192.0.2.1");
  BOOST_TEST(records[1].event == "open");
  BOOST_TEST(records[1].result == "ok");
  BOOST_TEST((records[1].previous == records[0].digest));
  BOOST_TEST((records[1].digest == head.digest));
  std::size_t all = 0;
  audit.for_each(~std::uint64_t{0}, [&](const AuditRecord&) { ++all; });
  BOOST_TEST(all == 5u);
  audit.for_each(0, [&](const AuditRecord&) { ++all; });
  BOOST_TEST(all == 5u);
}

BOOST_AUTO_TEST_CASE(a_batch_is_in_the_transaction_of_the_caller_or_not_at_all) {
  const std::vector<AuditEvent> events = {{"a", "", "close", "1", "ok"},
                                          {"b", "", "close", "2", "ok"}};
  {
    lmdb::WriteTxn txn(env());
    audit.append(txn, events);
  }
  BOOST_TEST(audit.head().number == 0u);
  {
    lmdb::WriteTxn txn(env());
    BOOST_TEST(audit.append(txn, events).number == 2u);
    BOOST_TEST(audit.append(txn, events).number == 4u);
    txn.commit();
  }
  BOOST_TEST(audit.head().number == 4u);
  BOOST_TEST(audit.append(std::span<const AuditEvent>{}).number == 4u);
  BOOST_TEST(faults().empty());
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut) {
  audit.append({std::string(10'000, 'x'), "", "e", "", ""});
  audit.for_each(1, [](const AuditRecord& record) {
    BOOST_TEST(record.identity.size() == kMaxAuditText);
    BOOST_TEST(record.identity.ends_with("x..."));
  });
  BOOST_TEST(faults().empty());
}

BOOST_AUTO_TEST_CASE(every_byte_of_a_record_counts) {
  write(4);
  for (const std::uint64_t number : {1, 3, 4}) {
    const std::string whole = value(number);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const int flip : {0x01, 0x80}) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ flip);
        replace(number, changed);
        BOOST_TEST((faults() == Numbers{number}), "record " << number << ", byte " << i);
      }
    }
    for (const std::string& other :
         {whole + "x", whole.substr(1), whole.substr(0, 40), whole.substr(0, 5), std::string()}) {
      replace(number, other);
      BOOST_TEST(faults().front() == number);
    }
    replace(number, whole);
    BOOST_TEST(faults().empty());
  }
}

// Somebody who also computes the digest anew is caught by the next record.
BOOST_AUTO_TEST_CASE(a_forged_record_breaks_the_chain_behind_it) {
  write(4);
  AuditRecord record = AuditRecord::decode(value(2));
  record.identity = "token:innocent";
  replace(2, record.encode());
  BOOST_TEST((faults() == Numbers{3}));
}

BOOST_AUTO_TEST_CASE(removed_records_are_missed) {
  write(6);
  erase(1);
  BOOST_TEST((faults() == Numbers{1}));
  erase(3);
  erase(4);
  BOOST_TEST((faults() == Numbers{1, 3}));
  BOOST_TEST(audit.check().faults[1].what == "records 3 to 4 are missing");
}

BOOST_AUTO_TEST_CASE(a_gap_that_was_closed_shows) {
  write(4);
  for (const std::uint64_t number : {2, 3}) {
    AuditRecord moved = AuditRecord::decode(value(number + 1));
    moved.number = number;
    replace(number, moved.encode());
  }
  erase(4);
  BOOST_TEST((faults() == Numbers{2, 3}));
}

BOOST_AUTO_TEST_CASE(records_that_changed_places_show) {
  write(4);
  const std::string two = value(2), three = value(3);
  replace(2, three);
  replace(3, two);
  const Numbers numbers = faults();
  BOOST_REQUIRE(numbers.size() >= 2u);
  BOOST_TEST(numbers[0] == 2u);
  BOOST_TEST(numbers[1] == 3u);
}

BOOST_AUTO_TEST_CASE(a_cut_at_the_end_shows_against_a_digest_kept_elsewhere) {
  const AuditHead early = write(3);
  const AuditHead late = write(3);
  BOOST_TEST(*audit.check(early.digest).expected_at == 3u);
  BOOST_TEST(*audit.check(late.digest).expected_at == 6u);
  BOOST_TEST(*audit.check(Sha256{}).expected_at == 0u);
  erase(6);
  erase(5);
  write(3);  // and went on as if nothing had been
  BOOST_TEST(faults().empty());
  BOOST_TEST(!audit.check(late.digest).expected_at.has_value());
  BOOST_TEST(*audit.check(early.digest).expected_at == 3u);
}

BOOST_AUTO_TEST_CASE(appending_goes_on_after_damage) {
  write(2);
  for (const char* damage : {"", "x", "0123456789012345678901234567890123456789"}) {
    const std::uint64_t number = audit.head().number;
    replace(number, damage);
    write(1);
    BOOST_TEST(faults().back() == number);
    BOOST_TEST(audit.check().head.number == number + 1);
  }
}

BOOST_AUTO_TEST_CASE(the_list_of_faults_is_bounded) {
  std::vector<AuditEvent> events(300, AuditEvent{"a", "", "e", "o", "ok"});
  audit.append(events);
  {
    lmdb::WriteTxn txn(env());
    for (std::uint64_t i = 1; i <= 300; ++i) txn.put(env().table(kAudit), u64_key(i), "bad");
    txn.commit();
  }
  const AuditCheck check = audit.check();
  BOOST_TEST(check.fault_count == 300u);
  BOOST_TEST(check.faults.size() == 100u);
}

BOOST_AUTO_TEST_CASE(any_texts_survive_and_any_change_shows) {
  const bool held = rc::check([this] {
    const AuditEvent event{*rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::string>(),
                           *rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::string>(),
                           *rc::gen::arbitrary<std::string>()};
    const std::uint64_t number = audit.append(event).number;
    const std::string whole = value(number);
    const AuditRecord record = AuditRecord::decode(whole);
    RC_ASSERT(record.identity == event.identity);
    RC_ASSERT(record.address == event.address);
    RC_ASSERT(record.event == event.event);
    RC_ASSERT(record.object == event.object);
    RC_ASSERT(record.result == event.result);
    RC_ASSERT(audit.check().fault_count == 0u);
    std::string changed = whole;
    const auto place = *rc::gen::inRange<std::size_t>(0, whole.size());
    changed[place] = static_cast<char>(changed[place] ^ *rc::gen::inRange(1, 256));
    replace(number, changed);
    const AuditCheck check = audit.check();
    RC_ASSERT(check.fault_count == 1u);
    RC_ASSERT(check.faults[0].number == number);
    replace(number, whole);
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
