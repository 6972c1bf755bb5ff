#include "trust_option.h"

namespace metaset::app {

std::shared_ptr<std::vector<std::string>> add_trust_option(CLI::App& command, const char* summary) {
  auto files = std::make_shared<std::vector<std::string>>();
  command.add_option("--trust", *files, summary)->type_name("FILE")->allow_extra_args(false);
  return files;
}

std::vector<std::shared_ptr<const Key>> read_trusted_keys(const std::vector<std::string>& files) {
  std::vector<std::shared_ptr<const Key>> keys;
  for (const std::string& file : files) {
    keys.push_back(std::make_shared<const Key>(Key::read_public(file)));
  }
  return keys;
}

}  // namespace metaset::app
