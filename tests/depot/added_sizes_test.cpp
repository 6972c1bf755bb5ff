// What a metaset added, in bytes.
#include "metaset/store/added_sizes.h"

#include <fmt/format.h>

#include "metaset/base/file.h"
#include "metaset/base/hash.h"
#include "metaset/store/layout.h"
#include "metaset/store/rollback.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

using store::metaset_sizes;
using store::MetasetSizes;

const std::string kSizesStamp = ",5.11-1:20240101T000000Z";

// "file 111... path=1 pkg.csize=N" for each digit and size.
std::string files_of(const std::vector<std::pair<char, int>>& payloads) {
  std::string text;
  for (const auto& [digit, csize] : payloads) {
    text += "file " + std::string(40, digit) + " path=" + digit +
            " mode=0644 owner=root group=bin pkg.csize=" + std::to_string(csize) + "\n";
  }
  return text;
}

struct SizesDepot : TestDepot {
  static std::string full(const std::string& name) { return "pkg://fruit/" + name + kSizesStamp; }
  void have(const std::string& name, const std::string& more) {
    publish({manifest_of(full(name), more)});
  }
  MetasetSizes sizes(store::MetasetNumber number) { return metaset_sizes(view().at(number)); }
  void rollback_to(store::MetasetNumber number) {
    session.end();
    store::RollbackOptions options;
    options.number = number;
    options.who = "tester";
    BOOST_TEST(store::rollback(session.store(), options).has_value());
    session.begin();
  }
  // As gc does, which leaves the rows.
  void forget(const std::string& name, const std::string& version) {
    const auto entry = view().find(view().publisher("fruit")->id, name,
                                   ips::Version::parse(version + kSizesStamp));
    session.end();
    lmdb::Env& env = session.store().committed();
    lmdb::WriteTxn txn(env);
    const auto& digest = entry.value().manifest;
    txn.erase(env.table(store::kManifests),
              {reinterpret_cast<const char*>(digest.data()), digest.size()});
    txn.commit();
    session.begin();
  }
};

// "packages: payloads in count"
void sizes_are(const MetasetSizes& sizes, const std::string& expected) {
  std::string text = std::to_string(sizes.packages) + ": ";
  text += sizes.added ? std::to_string(sizes.added->payloads) + " in " +
                            std::to_string(sizes.added->payload_count)
                      : "not known";
  BOOST_TEST(text == expected);
}

BOOST_FIXTURE_TEST_SUITE(added_sizes, SizesDepot)

BOOST_AUTO_TEST_CASE(only_what_is_new_counts) {
  have("apple@1", files_of({{'1', 10}, {'2', 20}, {'1', 10}}));
  have("apple@2", files_of({{'2', 20}, {'3', 7}}));
  remove(full("apple@1"));
  sizes_are(sizes(1), "0: 0 in 0");
  sizes_are(sizes(2), "1: 30 in 2");
  sizes_are(sizes(3), "1: 7 in 1");
  sizes_are(sizes(4), "1: 0 in 0");
  BOOST_TEST(sizes(4).added->manifests == 0U);
  const std::string text = manifest_of(full("apple@2"), files_of({{'2', 20}, {'3', 7}}));
  BOOST_TEST(sizes(3).added->manifests ==
             store::decode_manifest(store::encode_manifest(text)).bytes.size());
}

BOOST_AUTO_TEST_CASE(several_packages_with_the_same_payload) {
  publish({manifest_of(full("apple@1"), files_of({{'1', 10}, {'2', 20}})),
           manifest_of(full("pear@1"), files_of({{'2', 20}, {'3', 5}})),
           manifest_of(full("pear@2"), files_of({{'2', 20}, {'4', 6}}))});
  sizes_are(sizes(2), "2: 41 in 4");
}

// So many that pages do not count them.
std::vector<std::string> large_build(const std::string& name = "fruit") {
  std::vector<std::string> manifests;
  for (std::uint64_t i = 0; i <= store::SizeNotes::kLarge; ++i) {
    manifests.push_back(
        manifest_of(SizesDepot::full(fmt::format("{}{}@1", name, i)), files_of({{'1', 10}})));
  }
  return manifests;
}

BOOST_AUTO_TEST_CASE(those_of_large_metasets_are_noted) {
  const store::SizeNotes& notes = session.store().size_notes();
  have("apple@1", files_of({{'1', 10}}));
  publish(large_build());
  const auto record = view().at(3).record();
  BOOST_TEST(!notes.get(record));
  BOOST_TEST(notes.state().empty());
  notes.materialize(view());
  const std::string state = notes.state();
  BOOST_TEST(state.starts_with("3 "));
  const auto counted = sizes(3).added.value();
  const auto is_noted = [&] {
    const auto noted = notes.get(record);
    return noted && noted->payloads == counted.payloads && noted->manifests == counted.manifests &&
           noted->payload_count == counted.payload_count;
  };
  BOOST_TEST(is_noted());
  BOOST_TEST(counted.manifests > 0U);
  // Small ones are counted when somebody looks.
  BOOST_TEST(!notes.get(view().at(2).record()));

  const std::string path = store::size_directory(root) + "/" + to_hex(record.digest);
  remove_file(path);
  notes.materialize(view());  // it is noted as done
  BOOST_TEST(!notes.get(record));
  remove_file(store::size_directory(root) + "/through");
  notes.materialize(view());
  BOOST_TEST(is_noted());
  have("apple@2", files_of({{'1', 10}}));
  notes.materialize(view());
  BOOST_TEST(notes.state() != state);
}

bool is_taken(const store::SizeNotes& notes, const store::MetasetRecord& record) {
  try {
    notes.check(record);
  } catch (const Error& error) {
    BOOST_TEST(code_name(error.code()) == code_name(Code::kCorrupt));
    return false;
  }
  return true;
}

// Nobody is shown one, and a commit replaces it after somebody has looked.
BOOST_AUTO_TEST_CASE(damaged_notes_and_those_of_other_metasets) {
  const store::SizeNotes& notes = session.store().size_notes();
  publish(large_build());
  const auto other = view().record();
  publish(large_build("plum"));
  const auto record = view().record();
  notes.materialize(view());
  const auto path_of = [&](const store::MetasetRecord& one) {
    return store::size_directory(root) + "/" + to_hex(one.digest);
  };
  const std::string path = path_of(record), whole = read_file(path, 1000);
  std::vector<std::string> damaged = {"", "x", whole + "x", whole + std::string(1000, ' '),
                                      read_file(path_of(other), 1000)};
  for (std::size_t at = 0; at < whole.size(); ++at) {
    damaged.push_back(whole.substr(0, at));
    damaged.push_back(whole);
    damaged.back()[at] = whole[at] == '1' ? '2' : '1';
  }
  const std::string_view kind = "sizes ";
  for (const std::string& bytes : damaged) {
    write_file_atomically(path, bytes, false);
    BOOST_TEST(!notes.get(record), bytes);
    const bool other_version = bytes.starts_with(kind) && bytes[kind.size()] != whole[kind.size()];
    BOOST_TEST(is_taken(notes, record) == other_version, bytes);
  }
  remove_file(path);
  make_directories(path);  // cannot be read
  BOOST_TEST(!notes.get(record));
  remove_tree(path);
  write_file_atomically(path, "x", false);
  notes.discard(record);
  BOOST_TEST(!file_info(path));
  BOOST_TEST(is_taken(notes, record));
  notes.materialize(view());
  BOOST_TEST(read_file(path, 1000) == whole);
  notes.discard(record);  // nothing is wrong with it
  BOOST_TEST(is_taken(notes, record));
  BOOST_TEST(notes.get(record).has_value());
}

// What is left to do after a commit does not end at a manifest that verify tells of.
BOOST_AUTO_TEST_CASE(a_damaged_manifest_keeps_no_others_from_being_noted) {
  publish(large_build());
  const auto damaged = view().record();
  const auto entry =
      view().find(view().publisher("fruit")->id, "fruit0", ips::Version::parse("1" + kSizesStamp));
  session.end();
  {
    lmdb::Env& env = session.store().committed();
    lmdb::WriteTxn txn(env);
    const auto& digest = entry.value().manifest;
    txn.put(env.table(store::kManifests),
            {reinterpret_cast<const char*>(digest.data()), digest.size()}, "no manifest");
    txn.commit();
  }
  session.begin();
  publish(large_build("plum"));
  const store::SizeNotes& notes = session.store().size_notes();
  notes.materialize(view());
  BOOST_TEST(!notes.get(damaged));
  BOOST_TEST(notes.get(view().record()).has_value());
  BOOST_TEST(notes.state().starts_with("3 "));
}

BOOST_AUTO_TEST_CASE(a_rollback_adds_nothing) {
  have("apple@1", files_of({{'1', 10}}));
  remove(full("apple@1"));
  have("pear@1", files_of({{'2', 20}}));
  rollback_to(2);
  sizes_are(sizes(5), "2: 0 in 0");
  BOOST_TEST(sizes(5).added->manifests == 0U);
  have("apple@2", files_of({{'1', 10}, {'5', 3}}));
  sizes_are(sizes(6), "1: 3 in 1");
}

BOOST_AUTO_TEST_CASE(a_version_with_another_manifest) {
  have("apple@1", files_of({{'1', 10}}));
  session.end();
  session.store().write_metaset(
      {"tester", "signed", std::nullopt, true}, [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
        const std::string text = manifest_of(full("apple@1"), files_of({{'1', 10}, {'2', 4}}));
        const ips::ManifestSummary summary = ips::summarize(text);
        const auto publisher = writer.publisher("fruit");
        writer.remove(publisher, "apple", summary.fmri.version.value());
        writer.add(publisher, store::facts_of(summary, sha1_of(text), writer.put_manifest(text)));
      });
  session.begin();
  sizes_are(sizes(3), "1: 4 in 1");
}

BOOST_AUTO_TEST_CASE(manifests_that_were_forgotten) {
  have("apple@1", files_of({{'1', 10}}));
  have("apple@2", files_of({{'2', 20}}));
  have("apple@3", files_of({{'3', 30}}));
  forget("apple", "1");
  sizes_are(sizes(2), "1: not known");
  sizes_are(sizes(3), "1: not known");
  sizes_are(sizes(4), "1: 30 in 1");
}

BOOST_AUTO_TEST_CASE(sums_stay_within_the_type) {
  have("apple@1", "file " + std::string(40, '1') + " path=1 pkg.csize=18446744073709551615\n" +
                      files_of({{'2', 20}}));
  BOOST_TEST(sizes(2).added->payloads == ~std::uint64_t{0});
}

BOOST_AUTO_TEST_CASE(no_such_metaset) {
  BOOST_TEST(fails(Code::kNotFound, "9", [&] { sizes(9); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
