#include "etcd_options.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "help_format.h"

namespace metaset::app {

std::shared_ptr<GroupArguments> add_group_options(CLI::App& command) {
  auto arguments = std::make_shared<GroupArguments>();
  const auto text = [&](const char* name, std::string& value, const char* help, const char* type) {
    return command.add_option(name, value, help)->type_name(type);
  };
  text("--group", arguments->group, "name of the group (METASET_GROUP_NAME)", "NAME")
      ->envname("METASET_GROUP_NAME");
  text("--etcd", arguments->etcd, "endpoints, separated by commas (METASET_ETCD)", "URL")
      ->envname("METASET_ETCD");
  group::EtcdOptions& options = arguments->options;
  text("--etcd-ca", options.ca_file, "certificates of authorities that etcd's are from", "FILE");
  text("--etcd-cert", options.client_cert, "certificate to show to etcd", "FILE");
  text("--etcd-key", options.client_key, "its key, if not in the same file", "FILE");
  text("--etcd-user", options.user, "user of etcd", "NAME");
  text("--etcd-password-file", arguments->password_file, "file with the user's password", "FILE");
  seldom_needed(command,
                {"--etcd-ca", "--etcd-cert", "--etcd-key", "--etcd-user", "--etcd-password-file"});
  return arguments;
}

group::EtcdOptions etcd_options(const GroupArguments& arguments) {
  constexpr std::uint64_t kMaxPassword = 4096;
  if (arguments.group.empty()) throw Error(Code::kUsage, "--group: no group is named");
  if (arguments.etcd.empty()) throw Error(Code::kUsage, "--etcd: no endpoint of etcd is named");
  group::EtcdOptions options = arguments.options;
  options.endpoints = group::etcd_endpoints(arguments.etcd);
  if (!arguments.password_file.empty()) {
    const std::string text = read_file(arguments.password_file, kMaxPassword);
    options.password = text.substr(0, text.find_first_of("\r\n"));
  }
  if (options.user.empty() != options.password.empty()) {
    throw Error(Code::kUsage, "--etcd-user and --etcd-password-file belong together");
  }
  return options;
}

}  // namespace metaset::app
