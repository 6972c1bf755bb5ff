#include "metaset/depot/publication.h"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"
#include "metaset/depot/properties.h"
#include "metaset/store/commit.h"
#include "metaset/store/layout.h"

#include "body_reader.h"

namespace metaset::depot {
namespace {

using When = Publication::When;

struct Fixture {
  Fixture() : root(directory.path() + "/repo") {
    store::Repository::create(root, {"demo"}, default_config("demo"), {"me", "init", {}, true});
    repository.emplace(root, store::Access::kWrite);
    publication.emplace(*repository, PublicationLimits{1 << 20}, [this] { ++commits; });
  }

  std::string open(const std::string& fmri) {
    return publication->open(caller, publication->requested_fmri({fmri, "5.11", ""})).id;
  }
  std::string close(const std::string& id, When when = When::kImmediate) {
    Transaction closed = publication->close(caller, id, when);
    const std::string fmri = closed.record().fmri.text();
    closed.remove();
    return fmri;
  }
  void manifest(const std::string& id, const std::string& lines) {
    publication->add_manifest(caller, id, gzip(lines, 6));
  }
  store::MetasetNumber latest() const {
    const lmdb::ReadTxn txn(std::as_const(*repository).committed());
    return store::View::latest_number(std::as_const(*repository).committed(), txn);
  }
  std::size_t open_transactions() { return publication->transactions().list().size(); }
  std::string message_of(Code code, const std::function<void()>& run) const {
    try {
      run();
    } catch (const Error& error) {
      BOOST_CHECK_EQUAL(code_name(error.code()), code_name(code));
      return error.message();
    }
    BOOST_ERROR("nothing was thrown");
    return {};
  }

  TemporaryDirectory directory;
  std::string root;
  std::optional<store::Repository> repository;
  std::atomic<int> commits{0};
  std::optional<Publication> publication;
  Publication::Caller caller{{"user:jane", "default"}, "127.0.0.1"};
};

const std::string kGiven = "pkg://demo/hello@1.0,5.11-1:20240601T080000Z";

std::string file_line(const std::string& hash, const std::string& more = "") {
  return "file " + hash + " path=a mode=0644 owner=root group=bin" + more + "\n";
}

BOOST_FIXTURE_TEST_SUITE(publication, Fixture)

BOOST_AUTO_TEST_CASE(a_package_is_there_when_it_is_closed) {
  const std::string id = open(kGiven);
  BOOST_TEST(id == "1717228800_pkg%3A%2F%2Fdemo%2Fhello%401.0%2C5.11-1%3A20240601T080000Z");
  publication->upload(caller, id, std::nullopt, reader_of("content"));
  const std::string name = to_hex(sha1_of("content"));
  manifest(id, "set name=pkg.summary value=Hello\n" + file_line(name, " pkg.size=7"));
  BOOST_TEST(latest() == 1u);
  BOOST_TEST(!repository->payloads().has(name));
  BOOST_TEST(close(id) == kGiven);
  BOOST_TEST(latest() == 2u);
  BOOST_TEST(commits == 1);
  BOOST_TEST(repository->payloads().examine(name).size == 7u);
  BOOST_TEST(open_transactions() == 0u);
  BOOST_TEST(list_directory(root + "/staging/open").empty());
}

BOOST_AUTO_TEST_CASE(staged_packages_wait_for_the_commit) {
  const std::string id = open(kGiven);
  close(id, When::kStage);
  BOOST_TEST(latest() == 1u);
  BOOST_TEST(commits == 0);
  BOOST_TEST(store::Staging(repository->staging()).area("default")->record.changes == 1u);
  message_of(Code::kExists, [&] { open(kGiven); });
  store::commit(*repository, {});
  BOOST_TEST(latest() == 2u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened) {
  BOOST_TEST(message_of(Code::kInvalid, [&] { open(""); }) ==
             "A valid package FMRI must be specified.");
  message_of(Code::kInvalid, [&] { open("pkg://demo/x"); });
  message_of(Code::kInvalid, [&] { open("pkg://demo/x@1.x"); });
  BOOST_TEST(message_of(Code::kInvalid, [&] { open("pkg://fru_it/x@1"); }) ==
             "Invalid publisher prefix: 'fru_it'");
  BOOST_TEST(message_of(Code::kInvalid, [&] {
               publication->requested_fmri({"pkg://demo/x@1", "5.11", "fru_it"});
             }) == "Invalid publisher prefix: fru_it");
  message_of(Code::kInvalid, [&] { publication->requested_fmri({"x@1", "", ""}); });
  message_of(Code::kInvalid, [&] { publication->requested_fmri({"x@1", "5.11 ", ""}); });
  const std::string id = open(kGiven);
  BOOST_TEST(message_of(Code::kExists, [&] { open(kGiven); }) ==
             "Transaction ID '" + id + "' is already open.");
  close(id);
  BOOST_TEST(message_of(Code::kExists, [&] { open(kGiven); }) ==
             "The specified FMRI, '" + kGiven + "', already exists or has been restricted.");
}

BOOST_AUTO_TEST_CASE(the_depot_makes_up_what_an_fmri_lacks) {
  const ips::Fmri fmri = publication->requested_fmri({"x@1.0-7", "5.12", ""});
  BOOST_TEST(fmri.text() == "pkg://demo/x@1.0,5.12-7");
  const TransactionRecord one = publication->open(caller, fmri);
  const TransactionRecord two = publication->open(caller, fmri);
  BOOST_TEST(one.fmri.version->timestamp() < two.fmri.version->timestamp());
  BOOST_TEST(publication->requested_fmri({"x@1", "5.11", "other.org"}).publisher == "other.org");
}

BOOST_AUTO_TEST_CASE(transactions_belong_to_who_opened_them) {
  const std::string id = open(kGiven);
  Publication::Caller other{{"user:joe", "default"}, ""};
  message_of(Code::kNotFound, [&] { publication->abandon(other, id); });
  other.owner = {"user:jane", "nightly"};
  message_of(Code::kNotFound, [&] { publication->abandon(other, id); });
  // Both have the same package open; the first to close gets it.
  other.owner = {"user:joe", "default"};
  publication->open(other, publication->requested_fmri({kGiven, "5.11", ""}));
  manifest(id, "set name=pkg.summary value=Jane\n");
  close(id);
  BOOST_TEST(message_of(Code::kExists, [&] {
               publication->close(other, id, When::kImmediate);
             }).find("already exists") != std::string::npos);
  publication->abandon(other, id);
}

BOOST_AUTO_TEST_CASE(an_abandoned_transaction_leaves_nothing) {
  const std::string id = open(kGiven);
  publication->upload(caller, id, std::nullopt, reader_of("content"));
  BOOST_TEST(publication->abandon(caller, id).text() == kGiven);
  BOOST_TEST(!repository->payloads().has(to_hex(sha1_of("content"))));
  BOOST_TEST(list_directory(root + "/staging/open").empty());
  BOOST_TEST(message_of(Code::kNotFound, [&] { publication->abandon(caller, id); }) ==
             "No transaction matching '" + id + "' could be found.");
  BOOST_TEST(open(kGiven) == id);
}

BOOST_AUTO_TEST_CASE(uploads_must_be_what_they_are_called) {
  const std::string id = open(kGiven);
  const std::string name = to_hex(sha1_of("content"));
  const auto upload = [&](const std::string& basename, const std::string& body) {
    publication->upload(caller, id, basename, reader_of(body));
  };
  for (const char* bad : {"../../x", "x", "", "..", "AB"}) {
    BOOST_TEST(message_of(Code::kInvalid, [&] {
                 upload(bad, gzip("content", 9));
               }).find("basename") != std::string::npos);
  }
  BOOST_TEST(message_of(Code::kInvalid, [&] {
               upload(name, gzip("other", 9));
             }).find("is not the hash") != std::string::npos);
  message_of(Code::kInvalid, [&] { upload(name, "content"); });
  message_of(Code::kInvalid, [&] { upload(name, gzip("content", 9).substr(0, 20)); });
  upload(name, gzip("content", 9));
  upload(name, gzip("content", 9));
  upload(to_hex(sha256_of("content")), gzip("content", 9));
  manifest(id, file_line(name));
  close(id);
  BOOST_TEST(repository->payloads().examine(name).size == 7u);
}

BOOST_AUTO_TEST_CASE(claims_about_payloads_are_checked_at_the_end) {
  const std::string id = open(kGiven);
  publication->upload(caller, id, std::nullopt, reader_of("content"));
  const std::string name = to_hex(sha1_of("content"));
  manifest(id, file_line(name, " pkg.size=8 chash=" + std::string(40, '1')) + "license " +
                   std::string(40, 'a') + " license=x\n");
  const std::string message = message_of(Code::kInvalid, [&] { close(id); });
  for (const char* part : {"pkg.size=7, the manifest says 8", "chash", "was not sent"}) {
    BOOST_TEST(message.find(part) != std::string::npos);
  }
  BOOST_TEST(latest() == 1u);
  BOOST_TEST(!repository->payloads().has(name));
  BOOST_TEST(open_transactions() == 1u);
}

BOOST_AUTO_TEST_CASE(too_long_payloads_leave_nothing) {
  const std::string id = open(kGiven);
  message_of(Code::kLimit, [&] {
    publication->upload(caller, id, std::nullopt,
                        reader_of(std::string((1 << 20) + 1, 'x'), 1 << 16));
  });
  BOOST_TEST(publication->transactions().open(caller.owner, id).payloads().empty());
}

BOOST_AUTO_TEST_CASE(actions_one_by_one) {
  const std::string id = open(kGiven);
  const auto add = [&](std::string_view type, const Publication::Attributes& attributes,
                       const std::string& body = "") {
    publication->add(caller, id, type, attributes, reader_of(body));
  };
  const Publication::Attributes file = {
      {"path", {"/usr/a"}}, {"mode", {"0644"}}, {"owner", {"root"}}, {"group", {"bin"}}};
  add("file", file, "content of one");
  add("file", file, "");
  add("set", {{"name", {"n"}}, {"value", {"a", "b"}}});
  BOOST_TEST(message_of(Code::kInvalid, [&] { add("fruitbowl", {}); }) ==
             "The specified Action Type, 'fruitbowl', is not valid.");
  message_of(Code::kInvalid, [&] { add("file", {{"path", {"a"}}}, "x"); });
  message_of(Code::kInvalid, [&] { add("set", {{"name", {"pkg.fmri"}}, {"value", {"x@1"}}}); });
  message_of(Code::kInvalid, [&] {
    add("set", {{"name", {"pkg.obsolete"}}, {"value", {"true"}}});
  });
  close(id);
  const std::string name = to_hex(sha1_of("content of one"));
  BOOST_TEST(repository->payloads().has(name));
  BOOST_TEST(repository->payloads().has(to_hex(sha1_of(""))));
}

BOOST_AUTO_TEST_CASE(a_refused_manifest_changes_nothing) {
  const std::string id = open(kGiven);
  const auto text = [&] { return publication->transactions().open(caller.owner, id).manifest(); };
  const std::string before = text();
  for (const char* bad :
       {"fruitbowl name=x\n", "set name=a value=\"x\n", "file path=a\n",
        "set name=pkg.fmri value=pkg://demo/other@1\n", "set name=a value=\xff\n"}) {
    message_of(Code::kInvalid, [&] { manifest(id, bad); });
    BOOST_TEST(text() == before);
  }
  message_of(Code::kInvalid,
             [&] { publication->add_manifest(caller, id, "\x1f\x8b\x08 no gzip"); });
  publication->add_manifest(caller, id, "set name=plain value=text");
  BOOST_TEST(text() == before + "set name=plain value=text\n");
}

BOOST_AUTO_TEST_CASE(signatures_are_appended) {
  close(open(kGiven));
  const auto append = [&] {
    return publication->append(caller, publication->requested_fmri({kGiven, "5.11", ""})).id;
  };
  const std::string id = append();
  message_of(Code::kInvalid, [&] { manifest(id, "set name=a value=b\n"); });
  message_of(Code::kInvalid, [&] {
    publication->add(caller, id, "set", {{"name", {"a"}}, {"value", {"b"}}}, reader_of(""));
  });
  const std::string line = "signature algorithm=sha256 value=" + std::string(64, 'a') + "\n";
  manifest(id, line);
  close(id);
  BOOST_TEST(latest() == 3u);
  // Somebody else signs meanwhile: this one has to start again.
  const std::string mine = append();
  manifest(mine, line + "# mine\n");
  Publication::Caller other{{"user:joe", "default"}, ""};
  const std::string theirs =
      publication->append(other, publication->requested_fmri({kGiven, "5.11", ""})).id;
  publication->add_manifest(other, theirs, line + "# theirs\n");
  publication->close(other, theirs, When::kImmediate).remove();
  message_of(Code::kConflict, [&] { close(mine); });
  message_of(Code::kNotFound, [&] {
    publication->append(caller, publication->requested_fmri(
                                    {"pkg://demo/none@1,5.11:20240601T080000Z", "5.11", ""}));
  });
}

BOOST_AUTO_TEST_CASE(closing_again_after_a_crash_is_no_error) {
  const std::string id = open(kGiven);
  publication->close(caller, id, When::kImmediate);  // and the process dies before it is removed
  BOOST_TEST(latest() == 2u);
  BOOST_TEST(close(id) == kGiven);
  BOOST_TEST(latest() == 2u);
  message_of(Code::kNotFound, [&] { close(id); });
}

BOOST_AUTO_TEST_CASE(a_line_that_was_cut_short_does_not_count) {
  const std::string id = open(kGiven);
  const std::string path =
      root + "/staging/open/" + list_directory(root + "/staging/open")[0] + "/manifest";
  const std::string first = "set name=pkg.fmri value=" + kGiven + "\n";
  const auto manifest = [&] {
    return publication->transactions().open(caller.owner, id).manifest();
  };
  BOOST_TEST(manifest() == first);  // there is no file yet
  for (const std::string& left : {std::string("set name=half val"), first + "set name=half val"}) {
    write_file_atomically(path, left, false);
    BOOST_TEST(manifest() == first);
    publication->transactions().open(caller.owner, id).add_line("set name=whole value=1");
    BOOST_TEST(manifest() == first + "set name=whole value=1\n");
  }
}

BOOST_AUTO_TEST_CASE(idle_transactions_expire) {
  open(kGiven);
  make_directories(root + "/staging/open/new-left");
  BOOST_TEST(publication->transactions().expire(std::chrono::hours(1)).empty());
  BOOST_TEST(open_transactions() == 1u);
  BOOST_TEST(publication->transactions().expire(std::chrono::seconds(-5)).size() == 1u);
  BOOST_TEST(list_directory(root + "/staging/open").empty());
}

BOOST_AUTO_TEST_CASE(there_is_a_limit_of_open_transactions) {
  for (std::size_t i = 0; i < Transactions::kMaxOpen; ++i) {
    open("pkg://demo/many" + std::to_string(i) + "@1,5.11:20240601T080000Z");
  }
  message_of(Code::kLimit, [&] { open(kGiven); });
  Publication::Caller other{{"user:joe", "default"}, ""};
  publication->open(other, publication->requested_fmri({kGiven, "5.11", ""}));
}

BOOST_AUTO_TEST_CASE(many_close_at_once) {
  constexpr int kThreads = 8, kEach = 6;
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const Publication::Caller me{{"user:" + std::to_string(t), "default"}, ""};
      for (int i = 0; i < kEach; ++i) {
        // Every other package is everybody's: one of them gets it.
        const std::string name = i % 2 == 0 ? "own" + std::to_string(t) : "shared";
        const std::string fmri =
            "pkg://demo/" + name + "@1." + std::to_string(i) + ",5.11:20240601T080000Z";
        try {
          const auto record =
              publication->open(me, publication->requested_fmri({fmri, "5.11", ""}));
          publication->add_manifest(me, record.id, "set name=pkg.summary value=" + me.owner.who);
          publication->close(me, record.id, When::kImmediate).remove();
        } catch (const Error& error) {
          if (error.code() == Code::kExists) ++failed;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(failed == kEach / 2 * (kThreads - 1));
  const lmdb::ReadTxn txn(std::as_const(*repository).committed());
  const store::View view(std::as_const(*repository).committed(), txn, latest());
  BOOST_TEST(view.record().package_versions == static_cast<unsigned>(kEach / 2 * kThreads + 3));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
