#include "metaset/base/error.h"
#include "metaset/depot/properties.h"
#include "metaset/ips/fmri.h"

#include "cli.h"

namespace metaset::app {

namespace {

void run_init(const Globals& globals, const std::vector<std::string>& publishers) {
  for (const std::string& prefix : publishers) {
    if (!ips::is_publisher_name(prefix)) {
      throw Error(Code::kUsage,
                  "'" + prefix +
                      "' is not a publisher name: letters, digits, '-' and "
                      "'.', starting with a letter or digit, and no name of an operation");
    }
  }
  const std::string first = publishers.empty() ? std::string() : publishers.front();
  store::Repository::create(globals.root(), publishers, depot::default_config(first),
                            {identity(), "repository created", std::nullopt, true});
  print("created repository " + globals.root() + " with " +
        (publishers.empty() ? "no publisher" : "default publisher " + first) + "\n");
}

}  // namespace

void define_init(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "init", "create an empty repository", false);
  auto publishers = std::make_shared<std::vector<std::string>>();
  command->add_option("publisher", *publishers, "publishers; the first is the default one");
  command->callback([&globals, publishers] { run_init(globals, *publishers); });
}

}  // namespace metaset::app
