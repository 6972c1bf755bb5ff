// metaset sign: a signed statement about a metaset.
#include <fmt/format.h>

#include "metaset/depot/audited.h"
#include "metaset/store/tags.h"

#include "cli.h"

namespace metaset::app {

namespace {

struct SignOptions {
  std::string metaset, key;
};

void run_sign(Globals& globals, const SignOptions& options) {
  const Key key = Key::read_private(options.key);
  const auto opened = open_for_writing(globals);
  const auto number = store::require_metaset(*opened, options.metaset);
  depot::sign_metaset(*opened, local_actor(), number, key);
  print(fmt::format("metaset {} is signed, and with it all before it\n", number));
}

}  // namespace

void define_sign(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "sign", "sign a statement about a metaset", false);
  auto options = std::make_shared<SignOptions>();
  command->add_option("metaset", options->metaset, "number, tag or time of the metaset")
      ->required();
  command->add_option("-k,--key", options->key, "file with the private key, in PEM form")
      ->type_name("FILE")
      ->required();
  command->callback([&globals, options] { run_sign(globals, *options); });
}

}  // namespace metaset::app
