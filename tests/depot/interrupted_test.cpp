// Publications that were cut off: what is repeated, what was written in part, what is left over.
#include <fstream>

#include <boost/test/unit_test.hpp>
#include <sys/time.h>

#include "metaset/base/error.h"
#include "metaset/depot/properties.h"
#include "metaset/depot/publication.h"
#include "metaset/store/layout.h"

#include "body_reader.h"

namespace metaset::depot {
namespace {

using When = Publication::When;

const std::string kHello = "pkg://demo/hello@1.0,5.11-1:20240601T080000Z";
const std::string kSummary = "set name=pkg.summary value=Hello\n";

struct InterruptedFixture {
  InterruptedFixture() : root(directory.path() + "/repo") {
    store::Repository::create(root, {"demo"}, default_config("demo"), {"me", "init", {}, true});
    repository.emplace(root, store::Access::kWrite);
    publication.emplace(*repository, PublicationLimits{}, [] {});
  }
  std::string open() {
    return publication->open(caller, publication->requested_fmri({kHello, "5.11", ""})).id;
  }
  // The directory of the only transaction.
  std::string transaction() const {
    const std::string top = join_path(root, "staging/open");
    return join_path(top, list_directory(top).at(0));
  }
  void append_to(const std::string& name, const std::string& text) const {
    std::ofstream(join_path(transaction(), name), std::ios::app) << text;
  }
  std::string manifest_of(const std::string& id) {
    return publication->transactions().open(caller.owner, id).manifest();
  }
  void add_depend(const std::string& id) {
    publication->add(caller, id, "depend", {{"fmri", {"pkg:/x"}}, {"type", {"require"}}},
                     reader_of(""));
  }

  TemporaryDirectory directory;
  std::string root;
  std::optional<store::Repository> repository;
  std::optional<Publication> publication;
  Publication::Caller caller{{"user:jane", "default"}, "127.0.0.1"};
};

BOOST_FIXTURE_TEST_SUITE(interrupted, InterruptedFixture)

BOOST_AUTO_TEST_CASE(a_request_whose_answer_was_lost_is_repeated) {
  const std::string id = open();
  publication->add_manifest(caller, id, kSummary);
  publication->add_manifest(caller, id, kSummary);
  add_depend(id);
  add_depend(id);
  BOOST_TEST(manifest_of(id) == "set name=pkg.fmri value=" + kHello + "\n" + kSummary +
                                    "depend fmri=pkg:/x type=require\n");
}

BOOST_AUTO_TEST_CASE(a_line_that_was_cut_short_does_not_spoil_the_next) {
  const std::string id = open();
  append_to("manifest", "depend fmri=pkg:/y ty");
  add_depend(id);
  BOOST_TEST(manifest_of(id) ==
             "set name=pkg.fmri value=" + kHello + "\ndepend fmri=pkg:/x type=require\n");
  append_to("payloads", "0123456789");
  publication->upload(caller, id, std::nullopt, reader_of("content"));
  const auto payloads = publication->transactions().open(caller.owner, id).payloads();
  BOOST_TEST(payloads.size() == 1u);
  BOOST_TEST(payloads.begin()->first == to_hex(sha1_of("content")));
}

// The worker was killed when the client had its answer already.
BOOST_AUTO_TEST_CASE(a_closed_transaction_is_in_nobodys_way) {
  const std::string id = open();
  publication->add_manifest(caller, id, kSummary);
  { const Transaction left = publication->close(caller, id, When::kImmediate); }
  BOOST_TEST(file_info(join_path(transaction(), "record")).has_value());
  publication->append(caller, ips::Fmri::parse(kHello));
  BOOST_TEST(publication->transactions().open(caller.owner, id).record().append);
  BOOST_TEST(list_directory(join_path(root, "staging/open")).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_close_that_got_no_answer_is_repeated) {
  const std::string id = open();
  publication->add_manifest(caller, id, kSummary);
  { const Transaction left = publication->close(caller, id, When::kImmediate); }
  Transaction again = publication->close(caller, id, When::kImmediate);
  BOOST_TEST(again.record().fmri.text() == kHello);
  again.remove();
  BOOST_TEST(list_directory(join_path(root, "staging/open")).empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_an_error) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(1 << 20, '['),
        std::string("{\"id\": \"1\", \"fmri\": 1}")}) {
    BOOST_CHECK_EXCEPTION(TransactionRecord::from_json(text), Error, [](const Error& error) {
      return error.code() == Code::kCorrupt &&
             error.message().find("record of an open transaction") != std::string::npos;
    });
  }
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_goes_when_it_is_old) {
  const std::string id = open();
  const std::string top = join_path(root, "staging/open");
  make_directories(join_path(top, "new-abcdef/payload"));
  make_directories(join_path(top, "without-record"));
  append_to(".tmp-abcdef", "half a payload");
  const std::vector<std::string> left = {join_path(top, "new-abcdef"),
                                         join_path(top, "without-record"),
                                         join_path(transaction(), ".tmp-abcdef")};
  publication->transactions().expire(std::chrono::hours(24));
  for (const std::string& path : left) BOOST_TEST(file_info(path).has_value());
  const timeval old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  for (const std::string& path : left) ::utimes(path.c_str(), old);
  publication->transactions().expire(std::chrono::hours(24));
  for (const std::string& path : left) BOOST_TEST(!file_info(path).has_value());
  BOOST_TEST(publication->transactions().exists(caller.owner, id));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
