// An INI file: what is printed is read as the same file.
#include <algorithm>
#include <string>

#include "metaset/base/percent.h"
#include "metaset/pkg5/ini.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::require;
using metaset::pkg5::Ini;

std::string print(const Ini& ini) {
  std::string out;
  for (const auto& section : ini.sections) {
    out += "[" + section.name + "]\n";
    for (const auto& property : section.properties) {
      out += property.key + " = ";
      for (const char c : property.value) {
        out += c;
        if (c == '\n') out += "  ";  // continued
      }
      out += '\n';
    }
  }
  return out;
}

bool same(const Ini& a, const Ini& b) {
  return std::equal(a.sections.begin(), a.sections.end(), b.sections.begin(), b.sections.end(),
                    [](const auto& x, const auto& y) {
                      return x.name == y.name &&
                             std::equal(x.properties.begin(), x.properties.end(),
                                        y.properties.begin(), y.properties.end(),
                                        [](const auto& p, const auto& q) {
                                          return p.key == q.key && p.value == q.value;
                                        });
                    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  metaset::fuzz::accepts([&] {
    const Ini ini = metaset::pkg5::parse_ini(metaset::fuzz::text_of(data, size));
    for (const auto& section : ini.sections) {
      require(ini.find(section.name) == &section);
      require(section.name != "DEFAULT");
      for (const auto& property : section.properties) {
        require(ini.find(section.name, property.key) == &property.value);
        require(metaset::is_utf8(property.value));
      }
    }
    const std::string printed = print(ini);
    if (printed.size() <= metaset::pkg5::kMaxIniText) {
      require(same(metaset::pkg5::parse_ini(printed), ini));
    }
  });
  return 0;
}
