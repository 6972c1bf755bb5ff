// A manifest: its actions, its summary and its problems agree with each other.
#include <algorithm>

#include "metaset/ips/manifest.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using metaset::fuzz::accepts;
  using metaset::fuzz::require;
  const std::string_view text = metaset::fuzz::text_of(data, size);

  std::size_t actions = 0;
  std::size_t last_line = 0;
  const bool readable = accepts([&] {
    metaset::ips::for_each_action(text, [&](metaset::ips::Action&& action, std::size_t line) {
      require(line > last_line);
      last_line = line;
      require(!action.text().empty());
      ++actions;
    });
  });
  accepts([&] {
    const metaset::ips::ManifestSummary summary = metaset::ips::summarize(text);
    if (readable) require(summary.actions == actions);
    require(std::is_sorted(summary.payloads.begin(), summary.payloads.end()));
    for (const auto& locale : summary.summary) {
      require(!locale.actions.empty());
      require(locale.name.find('/') == std::string::npos && locale.name.size() <= 32);
    }
    for (const std::string& action : summary.dependency) metaset::ips::Action::parse(action);
  });
  const auto problems = metaset::ips::check_manifest(text);
  require(problems.size() <= 100);
  if (!readable) require(!problems.empty());
  for (const std::string& problem : problems) require(problem.find('\n') == std::string::npos);
  return 0;
}
