// Repositories that came about by chance: packages come, change, go and come again.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fixture.h"

namespace metaset::depot {

using Lines = std::vector<std::string>;

class Chance {
 public:
  explicit Chance(unsigned seed) : generator_(seed) {}
  std::size_t below(std::size_t end) { return generator_() % end; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename Container>
  const auto& any_of(const Container& container) {
    return *std::next(container.begin(), static_cast<std::ptrdiff_t>(below(container.size())));
  }

 private:
  std::mt19937 generator_;
};

inline const Lines kWords = {"lib", "Zlib", "zlib", "so.1", "GTK",  "gtk-2.0", "a",
                             "b",   "ca",   "fe",   "grün", "GRÜN", "Lib[1]",  "x*y",
                             "q?",  "usr",  "bin",  "bad",  "dad.c"};

inline std::string some_word(Chance& chance) {
  std::string word = chance.any_of(kWords);
  while (chance.one_in(3)) word += (chance.one_in(3) ? "." : "") + chance.any_of(kWords);
  if (chance.one_in(40)) word += std::string(395 + chance.below(40), 'w');
  return word;
}
inline std::string some_path(Chance& chance) {
  std::string path;
  for (std::size_t depth = chance.below(4); depth > 0; --depth) path += some_word(chance) + "/";
  return path + some_word(chance);
}
inline std::string some_hash(Chance& chance, std::size_t digits) {
  // Few begin differently, so that prefixes find several.
  std::string hash(digits, "0af"[chance.below(3)]);
  for (int i = 0; i < 3; ++i) hash[chance.below(digits)] = "0123456789abcdef"[chance.below(16)];
  return hash;
}
inline std::string some_line(Chance& chance) {
  const std::string word = some_word(chance);
  switch (chance.below(9)) {
    case 0:
      return "set name=pkg.summary value=\"" + word + " and " + some_word(chance) + " " +
             some_word(chance) + "\"";
    case 1:
      return "set name=" + std::string(chance.one_in(2) ? "info.x" : "path") + " value=" + word;
    case 2:
      return "set name=revision value=" + some_hash(chance, chance.one_in(2) ? 40 : 64);
    case 3:
      return "depend fmri=pkg:/" + word + "@1.0 type=require";
    case 4:
      return "link path=" + some_path(chance) + " target=x mediator=" + word;
    case 5:
      return "dir group=sys mode=0755 owner=root path=" + some_path(chance);
    case 6:
      return "license " + some_hash(chance, 40) + " license=\"" + word + " license\" " +
             "chash=" + some_hash(chance, 40) +
             " pkg.content-hash=gzip:sha512t_256:" + some_hash(chance, 64);
    default:
      return "file " + some_hash(chance, 40) +
             " group=bin mode=0444 owner=root path=" + some_path(chance) +
             " pkg.content-hash=gzip:sha512t_256:" + some_hash(chance, 64) +
             " pkg.content-hash=file:sha512t_256:" + some_hash(chance, 64);
  }
}

// Packages come, change, go and come again.
class ChanceHistory {
 public:
  ChanceHistory(TestDepot& depot, Chance& chance) : depot_(depot), chance_(chance) {}

  void one_metaset() {
    depot_.session.end();
    depot_.session.store().write_metaset({"tester", "chance", std::nullopt, true},
                                         [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
                                           for (std::size_t i = 1 + chance_.below(4); i > 0; --i)
                                             change(writer);
                                         });
    depot_.session.begin();
  }

 private:
  void change(store::MetasetWriter& writer) {
    if (!visible_.empty() && chance_.one_in(4)) {
      const std::string fmri = chance_.any_of(visible_);
      remove(writer, fmri);
      visible_.erase(fmri);
      gone_.insert(fmri);
    } else if (!gone_.empty() && chance_.one_in(4)) {
      const std::string fmri = chance_.any_of(gone_);
      add(writer, fmri);
      gone_.erase(fmri);
    } else {
      const std::string name = "pkg://fruit/" + chance_.any_of(Lines{"zlib", "x/zlib", "Gtk"});
      const std::string fmri = name + "@" + std::to_string(++version_) + ",5.11:" + kTime;
      Lines& lines = latest_[name];
      if (chance_.one_in(8)) lines.clear();
      std::erase_if(lines, [&](const std::string&) { return chance_.one_in(6); });
      for (std::size_t i = chance_.below(12); i > 0; --i) lines.push_back(some_line(chance_));
      texts_[fmri] = manifest_of(fmri, text_of(lines));
      add(writer, fmri);
    }
  }
  static std::string text_of(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }
  void add(store::MetasetWriter& writer, const std::string& fmri) {
    const std::string& text = texts_.at(fmri);
    const auto summary = ips::summarize(text);
    writer.add(writer.publisher("fruit"),
               store::facts_of(summary, sha1_of(text), writer.put_manifest(text)));
    visible_.insert(fmri);
  }
  static void remove(store::MetasetWriter& writer, const std::string& text) {
    const ips::Fmri fmri = ips::Fmri::parse(text);
    writer.remove(writer.publisher(fmri.publisher), fmri.name, fmri.version.value());
  }

  static constexpr const char* kTime = "20240101T000000Z";
  TestDepot& depot_;
  Chance& chance_;
  std::map<std::string, Lines> latest_;
  std::map<std::string, std::string> texts_;
  std::set<std::string> visible_, gone_;
  unsigned version_ = 0;
};

}  // namespace metaset::depot
