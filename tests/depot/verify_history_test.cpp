// Whatever a history is made of, every metaset of it is proved; whatever bit of it is flipped, that
// is found.
#include <cstdlib>
#include <map>
#include <random>

#include <unistd.h>

#include "metaset/ips/p5i.h"
#include "metaset/pkg5/import.h"

#include "verify_fixture.h"

namespace metaset::depot {
namespace {

// Stock repositories of tests/data, unpacked once.
const std::string& stock(const std::string& archive) {
  static const TemporaryDirectory directory;
  static std::map<std::string, std::string> unpacked;
  std::string& path = unpacked[archive];
  if (!path.empty()) return path;
  path = directory.path() + "/" + archive;
  make_directories(path);
  const std::string command =
      "tar -xzf '" METASET_TEST_DATA "/" + archive + ".tar.gz' -C '" + path + "'";
  BOOST_TEST_REQUIRE(std::system(command.c_str()) == 0);
  return path;
}

std::string p5i_of(const std::string& prefix, const std::string& description) {
  ips::P5i document;
  ips::P5iPublisher& publisher = document.publishers.emplace_back();
  publisher.name = prefix;
  publisher.repository.emplace().description = description;
  return ips::write_p5i(document);
}

// A repository to which random things happen.
class History {
 public:
  explicit History(unsigned seed) : random_(seed) {
    store::Repository::create(root, {"fruit", "veg"}, default_config("fruit"),
                              {"tester", "made", Time{1'700'000'000'000'000}, true});
    repository = std::make_unique<store::Repository>(root, store::Access::kWrite);
  }

  std::size_t below(std::size_t end) { return random_() % end; }
  void step() {
    constexpr void (History::*kSteps[])() = {
        &History::commit,        &History::commit,         &History::mix,   &History::mix,
        &History::set_publisher, &History::set_repository, &History::import};
    (this->*kSteps[below(std::size(kSteps))])();
    if (below(3) == 0) store::finish_commit(*repository);
  }

  // Operations of several publishers.
  void commit() {
    store::Staging staging(repository->staging());
    const store::Staging::Origin origin{"tester", 1};
    if (!visible_.empty() && below(2) == 0) {
      staging.remove("default", origin, ips::Fmri::parse(take_visible()));
    }
    for (std::size_t i = below(4) + 1; i > 0; --i) {
      const std::string fmri = new_fmri();
      staging.put("default", origin, store::ChangeKind::kAdd, ips::Fmri::parse(fmri), text(fmri));
      visible_.push_back(fmri);
    }
    store::commit(*repository, {});
  }
  // Operations and settings of everything in any order, as one metaset.
  void mix() {
    repository->write_metaset({"tester", "mixed", std::nullopt, below(2) == 0},
                              [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
                                for (std::size_t i = below(10) + 1; i > 0; --i) change(writer);
                              });
  }
  void set_publisher() {
    const std::string value = "repository/description=" + std::to_string(below(5));
    set_publisher_properties(*repository, {prefix()}, parse_assignments({value}), options());
  }
  void set_repository() {
    const std::string assignment = "publisher/prefix=" + prefix();
    set_repository_properties(*repository, parse_assignments({assignment}), options());
  }
  // The next state of a stock repository, on top of the one before.
  void import() {
    const std::string source = stock("repo-steps") + "/step" + std::to_string(next_import_);
    next_import_ = std::min(next_import_ + 1, 3);
    pkg5::ImportResult result;
    pkg5::import_repository(pkg5::StockRepository(source), *repository, {}, {}, result);
  }

  VerifyReport check() {
    VerifyOptions wanted;
    wanted.threads = 1;
    wanted.payload_content = false;
    return verify(*repository, wanted);
  }
  // Flips a bit of a random row of the table; says whether that was found.
  bool finds_flip(store::CommittedTable table) {
    std::string key, good;
    {
      const lmdb::ReadTxn txn(repository->committed());
      lmdb::Cursor row(txn, repository->committed().table(table));
      BOOST_TEST_REQUIRE(row.first());
      for (std::size_t i = below(txn.count(repository->committed().table(table))); i > 0; --i) {
        row.next();
      }
      key = row.key();
      good = row.value();
    }
    std::string bad = good;
    const std::size_t bit = below(bad.size() * 8);
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    put(table, key, bad);
    const bool found = !check().damage.empty();
    BOOST_TEST(found, "bit " << bit << " of row " << to_hex(key) << " of table " << table);
    put(table, key, good);
    return found;
  }

  TemporaryDirectory directory;
  std::string root = directory.path() + "/repo";
  std::unique_ptr<store::Repository> repository;

 private:
  static store::MetasetWriter::Options options() { return {"tester", "set", std::nullopt, true}; }
  std::string prefix() {
    constexpr const char* kPrefixes[] = {"fruit", "veg", "third", "example.org"};
    return kPrefixes[below(std::size(kPrefixes))];
  }
  std::string new_fmri() {
    return "pkg://" + prefix() + "/p" + std::to_string(below(4)) + "@" + std::to_string(++last_) +
           ",5.11-0:20240101T000000Z";
  }
  std::string take_visible() {
    std::string& last = visible_[below(visible_.size())];
    std::swap(last, visible_.back());
    std::string result = std::move(visible_.back());
    visible_.pop_back();
    return result;
  }
  std::string text(const std::string& fmri) {
    std::string more = "set name=pkg.summary value=\"" + std::to_string(below(9)) + "\"\n";
    if (below(2) == 0) more += "set name=pkg.summary:fr value=\"voici\"\n";
    if (below(2) == 0) more += "depend type=require fmri=p1\n";
    return manifest_of(fmri, more);
  }

  void change(store::MetasetWriter& writer) {
    const std::string name = prefix();
    switch (below(5)) {
      case 0:
        return writer.set_config(0, default_config(name));
      case 1:
        return writer.set_config(writer.publisher(name), p5i_of(name, std::to_string(below(9))));
      case 2:
        return writer.set_utf8_feature(writer.publisher(name), below(2) == 0);
      case 3:
        if (!visible_.empty()) {
          const ips::Fmri fmri = ips::Fmri::parse(take_visible());
          writer.remove(writer.publisher(fmri.publisher), fmri.name, *fmri.version);
        }
        return;
      default:
        const std::string fmri = new_fmri(), manifest = text(fmri);
        const auto summary = ips::summarize(manifest);
        writer.add(writer.publisher(summary.fmri.publisher),
                   store::facts_of(summary, sha1_of(manifest), writer.put_manifest(manifest)));
        visible_.push_back(fmri);
    }
  }
  void put(store::CommittedTable table, const std::string& key, const std::string& value) {
    lmdb::WriteTxn txn(repository->committed());
    txn.put(repository->committed().table(table), key, value);
    txn.commit();
  }

  std::mt19937 random_;
  std::vector<std::string> visible_;
  unsigned last_ = 0;
  int next_import_ = 1;
};

BOOST_AUTO_TEST_CASE(any_history_is_proved_and_any_flipped_bit_of_it_is_found) {
  for (unsigned seed = 1; seed <= 15; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      History t(seed);
      for (std::size_t i = 3 + t.below(8); i > 0; --i) t.step();
      const VerifyReport report = t.check();
      same_damage(report, {});
      BOOST_TEST(report.metasets > 1u);
      t.commit();  // so that there are operations
      for (const auto table :
           {store::kOperations, store::kConfig, store::kStates, store::kMetasets}) {
        for (int i = 0; i < 6; ++i) {
          if (!t.finds_flip(table)) return;
        }
      }
      same_damage(t.check(), {});
    }
  }
}

BOOST_AUTO_TEST_CASE(an_import_with_settings_of_several_publishers_is_proved) {
  TemporaryDirectory directory;
  for (const std::string name : {"repo-utf8", "repo-ascii"}) {
    const std::string root = directory.path() + "/" + name;
    pkg5::ImportResult result;
    pkg5::import_repository(stock("repo") + "/" + name, root, {}, {}, result);
    store::Repository repository(root, store::Access::kWrite);
    const auto all = [&] {
      const lmdb::ReadTxn txn(repository.committed());
      return store::View(repository.committed(), txn, *result.metaset).publishers();
    }();
    BOOST_TEST(all.size() >= 2u);
    // `metaset set` of all publishers at once, then everything in the other order.
    set_publisher_properties(repository, {"all"},
                             parse_assignments({"repository/refresh-seconds=60"}),
                             {"tester", "set", std::nullopt, true});
    repository.write_metaset({"tester", "set", std::nullopt, true},
                             [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
                               writer.set_config(0, default_config(all.back().prefix));
                               for (auto p = all.rbegin(); p != all.rend(); ++p) {
                                 writer.set_utf8_feature(p->id, name == "repo-ascii");
                                 writer.set_config(p->id, p5i_of(p->prefix, "set again"));
                               }
                             });
    same_damage(verify(repository, {}), {});
  }
}

// A process that reads beyond the end of the file would be killed. Free pages may be missing.
BOOST_AUTO_TEST_CASE(databases_that_lost_their_end) {
  for (const std::string name : {"committed", "staging"}) {
    Orchard t;
    const std::string path = t.root + "/" + name + "/data.mdb";
    const auto cut = [&](std::uint64_t to) {
      BOOST_TEST_REQUIRE(::truncate(path.c_str(), static_cast<off_t>(to)) == 0);
    };
    for (std::uint64_t to = file_info(path)->size - 1; to > 8192; to = to * 9 / 10) {
      cut(to);
      const VerifyReport report = t.check();
      if (!report.damage.empty())
        same_damage(report, {{DamageKind::kDatabase, t.root + "/" + name}});
    }
    cut(8192);
    const VerifyReport report = t.check();
    same_damage(report, {{DamageKind::kDatabase, t.root + "/" + name}});
    BOOST_TEST(report.damage.at(0).reason.find(path + " is cut short") == 0u);
    t.repository.reset();
    for (const std::uint64_t to : {8192, 4096, 100, 0}) {
      cut(to);
      BOOST_TEST(fails(Code::kCorrupt, t.root + "/" + name,
                       [&] { store::Repository(t.root, store::Access::kWrite); }));
    }
  }
}

}  // namespace
}  // namespace metaset::depot
