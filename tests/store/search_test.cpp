// The parts of the search index, and that it stays what the manifests say.
#include <algorithm>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"
#include "metaset/ips/version.h"
#include "metaset/store/rollback.h"
#include "metaset/store/search_check.h"
#include "metaset/store/search_index.h"
#include "metaset/store/search_writer.h"

#include "fixture.h"
#include "store/search_batch.h"
#include "store/search_chain.h"
#include "store/search_glob.h"
#include "store/search_keys.h"
#include "store/search_page.h"

namespace metaset::store {
namespace {

std::string random_text(std::mt19937& generator, std::string_view letters, std::size_t longest) {
  std::string text(generator() % (longest + 1), ' ');
  for (char& c : text) c = letters[generator() % letters.size()];
  return text;
}

std::vector<std::string> faults(TestRepository& fixture) {
  std::vector<std::string> found;
  const lmdb::ReadTxn txn(fixture.repository->committed());
  check_search_index(
      fixture.repository->committed(), txn, [] {},
      [&](const SearchFault& fault) { found.push_back(fault.name + ": " + fault.reason); });
  return found;
}

constexpr const char* kOldFig = "pkg://first/fig@1.0,5.11-1:20240101T000000Z";
constexpr const char* kNewFig = "pkg://first/fig@2.0,5.11-1:20240201T000000Z";
constexpr const char* kSearchPear = "pkg://second/pear@1.0,5.11-1:20240101T000000Z";
constexpr const char* kFiles =
    "link path=usr/bin/x target=y\n"
    "dir group=sys mode=0755 owner=root path=usr/bin\n";

BOOST_FIXTURE_TEST_SUITE(search_index, TestRepository)

BOOST_AUTO_TEST_CASE(hashes_are_packed_and_come_back) {
  const std::string hex(40, 'a');
  for (const std::string& token :
       {hex, "gzip:sha512t_256:" + std::string(64, '7'), "a:b:" + hex + hex + hex}) {
    const auto key = hash_key(token);
    BOOST_REQUIRE(key.has_value());
    BOOST_TEST(hash_token(*key) == token);
  }
  BOOST_TEST(hash_key("aa" + hex).has_value());
  for (const std::string& token : {std::string("abcdef"), hex + "a", hex.substr(1), hex + "g0",
                                   std::string(130, 'a'), std::string(70, 'x') + ":" + hex}) {
    BOOST_TEST(!hash_key(token).has_value());
  }
}

BOOST_AUTO_TEST_CASE(postings_are_read_as_they_were_written) {
  std::string value;
  const std::vector<LineId> lines = {0, 1, 127, 128, 300'000, 0xffffffff};
  for (const LineId line : lines) {
    append_posting(line, name_tag(ips::ActionType::kFile, "/usr"), value);
  }
  Postings postings(Shelf::kName, value);
  for (const LineId line : lines) {
    BOOST_REQUIRE(postings.next());
    BOOST_TEST(postings.line() == line);
    BOOST_TEST(postings.name().type == static_cast<unsigned>(ips::ActionType::kFile));
    BOOST_TEST(postings.name().directory == directory_hash("/usr"));
  }
  BOOST_TEST(!postings.next());
  Postings cut(Shelf::kName, std::string_view(value).substr(0, value.size() - 1));
  const auto read_all = [&] {
    while (cut.next()) {
    }
  };
  BOOST_CHECK_THROW(read_all(), Error);
}

BOOST_AUTO_TEST_CASE(pages_are_read_as_they_were_written) {
  const std::vector<std::string> texts = {"", "set name=a value=b", std::string(5000, 'x')};
  const std::vector<SearchLine> lines = {
      {{}, texts[0]}, {{{0, 3}, {7, 0}}, texts[1]}, {{{2, 5}}, texts[2]}};
  const std::string value = encode_search_page(lines.data(), lines.size());
  const SearchPage page(value);
  BOOST_REQUIRE(page.lines().size() == 3u);
  BOOST_TEST(page.lines()[1].text == texts[1]);
  BOOST_TEST(page.lines()[2].text == texts[2]);
  BOOST_TEST(page.lines()[0].runs.empty());
  BOOST_TEST(page.lines()[1].open());
  BOOST_TEST(!page.lines()[2].open());
  std::set<std::uint32_t> has;
  for (std::uint32_t i = 0; i < 10; ++i) {
    if (page.lines()[1].is_of(i)) has.insert(i);
  }
  BOOST_TEST((has == std::set<std::uint32_t>{0, 1, 2, 7, 8, 9}));
  for (std::size_t size = 0; size < value.size(); ++size) {
    BOOST_CHECK_THROW(SearchPage(std::string_view(value).substr(0, size)), Error);
  }
}

BOOST_AUTO_TEST_CASE(what_is_said_of_paths_excludes_none_that_matches) {
  std::mt19937 generator(1);
  std::size_t matched = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string pattern = random_text(generator, "ab/*?[]!", 8);
    const std::string path = "/" + random_text(generator, "ab/", 5) + "ab/"[generator() % 3];
    if (pattern.empty() || !ips::matches_glob(path, pattern)) continue;
    ++matched;
    const auto length = fixed_length(pattern);
    BOOST_TEST((!length || *length == count_characters(path)), pattern << " " << path);
    const std::size_t slash = path.rfind('/');
    const PathPattern said = path_pattern(pattern);
    const std::string last = path.substr(slash + 1);
    const bool name = (said.name && ips::matches_glob(last, *said.name) &&
                       ips::matches_glob(path.substr(0, slash), said.above)) ||
                      (last.empty() && said.name_may_be_empty);
    const bool by_directory =
        said.directory && ips::matches_glob(path.substr(0, slash + 1), *said.directory);
    BOOST_TEST_CONTEXT(pattern << " and " << path) {
      BOOST_TEST(said.possible);
      BOOST_TEST((name || by_directory));
      BOOST_TEST(path.starts_with(ips::literal_prefix(pattern)));
      BOOST_TEST(path.ends_with(literal_suffix(pattern)));
      BOOST_TEST(path.find(ips::literal_part(pattern)) != std::string::npos);
      BOOST_TEST(may_match_only(pattern, "/ab"));
    }
  }
  BOOST_TEST(matched > 5'000u);
}

// Of all names only those that are in the directory, if any, have to be looked at.
BOOST_AUTO_TEST_CASE(what_is_said_of_paths_is_not_everything) {
  BOOST_TEST(!path_pattern("/usr/lib/*").name);
  BOOST_TEST(!path_pattern("*/lib/*").name);
  BOOST_TEST(!path_pattern("/usr/[a-z]/*").name);
  BOOST_TEST(path_pattern("/usr/lib/?*").above == "/usr/lib");
  BOOST_TEST(path_pattern("/usr/lib/a*").above == "/usr/lib");
  BOOST_TEST(path_pattern("/usr/*/x/a*").above == "/usr/*/x");
  BOOST_TEST(path_pattern("/usr/lib/x*.so").above == "/usr/lib*");
  BOOST_TEST(path_pattern("/usr/[a-z]*/libz.so").name.value() == "libz.so");
}

BOOST_AUTO_TEST_CASE(it_is_what_the_manifests_say) {
  stage(kOldFig, kFiles);
  stage(kSearchPear);
  commit_all();
  stage(kNewFig, std::string(kFiles) + "set name=x value=new\n");
  commit_all();
  Staging(repository->staging()).remove("default", {"tester", 2}, ips::Fmri::parse(kOldFig));
  commit_all();
  BOOST_TEST(faults(*this) == std::vector<std::string>{}, boost::test_tools::per_element());
  RollbackOptions back;
  back.number = 2;
  back.who = "tester";
  back.message = "back";
  rollback(*repository, back);
  BOOST_TEST(faults(*this) == std::vector<std::string>{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_version_that_comes_again_writes_no_lines) {
  stage(kOldFig, kFiles);
  commit_all();
  const auto sizes = [&] {
    const lmdb::ReadTxn txn(repository->committed());
    std::vector<std::uint64_t> counts;
    for (const CommittedTable table : {kSearchChains, kSearchLines, kSearchTokens}) {
      counts.push_back(txn.count(repository->committed().table(table)));
    }
    return counts;
  };
  const auto before = sizes();
  Staging(repository->staging()).remove("default", {"tester", 2}, ips::Fmri::parse(kOldFig));
  commit_all();
  stage(kOldFig, kFiles);
  commit_all();
  BOOST_TEST((sizes() == before));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_and_made_anew) {
  stage(kOldFig, kFiles);
  commit_all();
  {
    lmdb::WriteTxn txn(repository->committed());
    txn.erase(repository->committed().table(kSearchTokens), token_key(Shelf::kName, "x", 1));
    txn.commit();
  }
  BOOST_REQUIRE(faults(*this).size() == 1u);
  BOOST_TEST(faults(*this)[0].starts_with("fig: nothing leads to 'link path=usr"));
  rebuild_search_index(repository->committed());
  BOOST_TEST(faults(*this).empty());
  {
    lmdb::WriteTxn txn(repository->committed());
    txn.clear(repository->committed().table(kSearchDocuments));
    txn.commit();
  }
  BOOST_REQUIRE(faults(*this).size() == 1u);
  BOOST_TEST(faults(*this)[0].starts_with("fig: version 1.0"));
}

// Numbers of lines are not given again: pages of lines that are all gone must not grow for ever.
BOOST_AUTO_TEST_CASE(lines_that_come_and_go) {
  lmdb::Env& env = repository->committed();
  std::size_t number = 0;
  for (std::uint32_t ordinal = 0; ordinal < 20; ++ordinal) {
    std::string manifest;
    for (int i = 0; i < 350; ++i) manifest += "x" + std::to_string(++number) + "\n";
    lmdb::WriteTxn txn(env);
    SearchBatch batch(txn, env.table(kSearchTokens));
    {
      SearchChainWriter chain(env, txn, 1, "fig");
      BOOST_REQUIRE(chain.add_document(manifest, batch) == ordinal);
      chain.save();
    }
    SearchChainWriter chain(env, txn, 1, "fig");
    chain.forget_documents({ordinal}, batch);
    chain.save();
    txn.commit();
  }
  const lmdb::ReadTxn txn(env);
  lmdb::Cursor cursor(txn, env.table(kSearchLines));
  std::size_t pages = 0;
  for (bool more = cursor.first(); more; more = cursor.next(), ++pages) {
    BOOST_TEST(SearchPage(cursor.value()).lines().size() <= kSearchPageLines);
  }
  BOOST_TEST(pages > 1u);
}

BOOST_AUTO_TEST_CASE(too_many_candidates_are_all_lines) {
  stage(kOldFig, kFiles);
  commit_all();
  const lmdb::ReadTxn txn(repository->committed());
  const View view(repository->committed(), txn, View::latest_number(repository->committed(), txn));
  const ips::SearchPattern pattern("*r*", false);
  const auto all = SearchIndex(view, {}).candidates(pattern, std::nullopt, "");
  BOOST_REQUIRE(all.has_value());
  BOOST_TEST(all->size() > 1u);
  BOOST_TEST(!SearchIndex(view, {}, nullptr, 1).candidates(pattern, std::nullopt, "").has_value());
}

// Names of files are not taken because a '?' may stand for a '/'.
BOOST_AUTO_TEST_CASE(patterns_of_question_marks_lead_to_few_lines) {
  std::string lines = "dir path=x owner=root group=sys mode=0755\n";
  for (int i = 0; i < 500; ++i) {
    lines += "link path=usr/share/some-name-" + std::to_string(i) +
             " target=" + std::string(40, 'a') + "\n";
  }
  stage(kOldFig, lines.c_str());
  commit_all();
  const lmdb::ReadTxn txn(repository->committed());
  const View view(repository->committed(), txn, View::latest_number(repository->committed(), txn));
  for (const char* pattern : {"??", "/?", "[/]?", "???", "????????"}) {
    const auto found =
        SearchIndex(view, {}).candidates(ips::SearchPattern(pattern, false), std::nullopt, "");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->size() < 20u, pattern << " leads to " << found->size());
  }
  const auto all = SearchIndex(view, {}).candidates(ips::SearchPattern("??", false),
                                                    ips::ActionType::kDir, "path");
  BOOST_TEST(all->size() == 1u);
}

// A '?' stands for a character, and for a byte where there is none.
BOOST_AUTO_TEST_CASE(lengths_are_those_of_characters) {
  BOOST_TEST(count_characters("a/\xc3\xa9/\xf0\x9f\x8d\x90") == 5U);
  for (const char* text : {"\xed\xa0\x80\xed\xa0\x80", "\xf0\x80\x80\x80", "\x80\xc3", "\xc3/"}) {
    std::string questions;
    while (!ips::matches_glob(text, questions)) questions += '?';
    BOOST_TEST(count_characters(text) <= questions.size(), questions);
  }
}

BOOST_AUTO_TEST_CASE(a_hash_may_have_any_prefix) {
  const std::string token = "\xc3\xa9\xc3\xa9:" + std::string(40, 'a');
  const std::string name = repository->payloads().put_content("seed\n").name;
  stage(kOldFig,
        ("file " + name + " path=x owner=root group=sys mode=0444 pkg.content-hash=" + token + "\n")
            .c_str());
  commit_all();
  const lmdb::ReadTxn txn(repository->committed());
  const View view(repository->committed(), txn, View::latest_number(repository->committed(), txn));
  const auto found =
      SearchIndex(view, {}).candidates(ips::SearchPattern(std::string(42, '?') + "a", false),
                                       ips::ActionType::kFile, "pkg.content-hash");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->size() == 1U);
}

// A word of very many lines has one row, which is read once.
BOOST_AUTO_TEST_CASE(a_posting_that_is_missing_among_many) {
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines += "set name=x" + std::to_string(i) + " value=\"common other\"\n";
  }
  stage(kOldFig, lines.c_str());
  commit_all();
  BOOST_TEST(faults(*this).empty());
  lmdb::WriteTxn txn(repository->committed());
  const lmdb::Table table = repository->committed().table(kSearchTokens);
  const std::string prefix = token_prefix(Shelf::kWord, "common");
  std::string key, value;
  {
    lmdb::Cursor cursor(txn, table);
    BOOST_REQUIRE(cursor.seek(prefix));
    key = cursor.key();
    Postings postings(Shelf::kWord, cursor.value());
    for (int i = 0; postings.next(); ++i) {
      if (i != 1700) append_posting(postings.line(), postings.tag(), value);
    }
  }
  txn.put(table, key, value);
  txn.commit();
  const auto found = faults(*this);
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found[0].find("nothing leads to 'set name=x") != std::string::npos);
}

// A program that did not know the index has committed meanwhile.
BOOST_AUTO_TEST_CASE(what_it_has_missed_comes_with_the_next_metaset) {
  stage(kOldFig, kFiles);
  commit_all();
  {
    lmdb::WriteTxn txn(repository->committed());
    txn.clear(repository->committed().table(kSearchDocuments));
    txn.put(repository->committed().table(kMeta), "search-metaset", u64_key(1));
    txn.commit();
  }
  BOOST_TEST(faults(*this).size() == 1u);
  {
    // Not even that it has missed something is missed.
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn, 1);
    BOOST_TEST(SearchIndex::is_built(view));
    BOOST_TEST(!SearchIndex::is_built(view.at(View::latest_number(view.env(), txn))));
  }
  stage(kSearchPear);
  commit_all();
  BOOST_TEST(faults(*this) == std::vector<std::string>{}, boost::test_tools::per_element());
}

// A repository of a program that did not know the index.
BOOST_AUTO_TEST_CASE(a_repository_without_an_index_gets_one_with_the_next_metaset) {
  stage(kOldFig, kFiles);
  commit_all();
  {
    lmdb::WriteTxn txn(repository->committed());
    txn.erase(repository->committed().table(kMeta), "search");
    txn.clear(repository->committed().table(kSearchChains));
    txn.commit();
  }
  {
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn,
                    View::latest_number(repository->committed(), txn));
    BOOST_CHECK_EXCEPTION(SearchIndex(view, {}), Error,
                          [](const Error& error) { return error.code() == Code::kUnavailable; });
  }
  stage(kSearchPear);
  commit_all();
  BOOST_TEST(faults(*this).empty());
  const lmdb::ReadTxn txn(repository->committed());
  BOOST_TEST(SearchIndex::is_built(
      View(repository->committed(), txn, View::latest_number(repository->committed(), txn))));
  BOOST_TEST(count_search_names(repository->committed(), txn) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
