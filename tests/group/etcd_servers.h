// Real members of etcd on loopback, with ports and a directory of their own.
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metaset/base/file.h"
#include "metaset/base/json.h"
#include "metaset/group/etcd.h"

namespace metaset::group {

class EtcdServers {
 public:
  enum class Tls { kOff, kOn };  // also certificates of clients

  explicit EtcdServers(std::size_t size, std::vector<std::string> options = {}, Tls tls = Tls::kOff)
      : options_(std::move(options)), tls_(tls), pids_(size, 0) {
    char name[] = "/tmp/metaset-etcd-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name) != nullptr);
    directory_ = name;
    if (tls == Tls::kOn) make_certificate();
    for (std::size_t i = 0; i < size; ++i) {
      client_ports_.push_back(free_port());
      peer_ports_.push_back(free_port());
    }
    for (std::size_t i = 0; i < size; ++i) start(i);
    for (std::size_t i = 0; i < size; ++i) wait_until_it_answers(i);
  }
  ~EtcdServers() {
    for (std::size_t i = 0; i < pids_.size(); ++i) kill(i);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  EtcdServers(const EtcdServers&) = delete;
  EtcdServers& operator=(const EtcdServers&) = delete;

  std::string endpoint(std::size_t i) const {
    return tls_ == Tls::kOn ? "https" + url(client_ports_[i]).substr(4) : url(client_ports_[i]);
  }
  EtcdOptions options() const {
    EtcdOptions options = options_of(0);
    options.endpoints.clear();
    for (std::size_t i = 0; i < pids_.size(); ++i) options.endpoints.push_back(endpoint(i));
    return options;
  }
  EtcdOptions options_of(std::size_t i) const {
    EtcdOptions options;
    options.endpoints = {endpoint(i)};
    if (tls_ == Tls::kOn) {
      options.ca_file = options.client_cert = directory_ + "/cert.pem";
      options.client_key = directory_ + "/key.pem";
    }
    return options;
  }

  void start(std::size_t i) {
    std::string cluster;
    for (std::size_t j = 0; j < pids_.size(); ++j) {
      cluster += (j == 0 ? "m" : ",m") + std::to_string(j) + "=" + url(peer_ports_[j]);
    }
    const std::string name = "m" + std::to_string(i);
    std::vector<std::string> arguments = {"etcd",
                                          "--name",
                                          name,
                                          "--data-dir",
                                          directory_ + "/" + name,
                                          "--listen-client-urls",
                                          endpoint(i),
                                          "--advertise-client-urls",
                                          endpoint(i),
                                          "--listen-peer-urls",
                                          url(peer_ports_[i]),
                                          "--initial-advertise-peer-urls",
                                          url(peer_ports_[i]),
                                          "--initial-cluster",
                                          cluster,
                                          "--heartbeat-interval",
                                          "50",
                                          "--election-timeout",
                                          "500"};
    arguments.insert(arguments.end(), options_.begin(), options_.end());
    pids_[i] = spawn(std::move(arguments), directory_ + "/" + name + ".log");
  }
  void kill(std::size_t i) {
    if (pids_[i] == 0) return;
    ::kill(pids_[i], SIGKILL);
    ::waitpid(pids_[i], nullptr, 0);
    pids_[i] = 0;
  }
  void pause(std::size_t i) const {
    ::kill(pids_[i], SIGSTOP);
    int status = 0;
    BOOST_REQUIRE(::waitpid(pids_[i], &status, WUNTRACED) == pids_[i]);
  }
  void resume(std::size_t i) const { ::kill(pids_[i], SIGCONT); }

  void wait_until_it_answers(std::size_t i) const {
    EtcdClient client(options_of(i));
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);;) {
      try {
        client.range(EtcdKeys::one("x"));
        return;
      } catch (const Error& error) {
        if (error.code() == Code::kDenied) return;  // it wants a user
        BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, error.what());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  // Which member leads.
  std::size_t leader() const {
    const auto status = control({"endpoint", "status", "-w", "json"});
    BOOST_REQUIRE(status);
    const auto members = parse_json(*status, "the status");
    for (const auto& member : members.GetArray()) {
      const auto& of = member["Status"];
      if (of["leader"].GetUint64() != of["header"]["member_id"].GetUint64()) continue;
      for (std::size_t i = 0; i < pids_.size(); ++i) {
        if (endpoint(i) == member["Endpoint"].GetString()) return i;
      }
    }
    BOOST_FAIL("there is no leader");
    return 0;
  }
  // The output of etcdctl, nothing if it failed.
  std::optional<std::string> control(std::vector<std::string> arguments) const {
    std::string all;
    for (std::size_t i = 0; i < pids_.size(); ++i) {
      if (pids_[i] != 0) all += (all.empty() ? "" : ",") + endpoint(i);
    }
    const std::string file = directory_ + "/etcdctl.out";
    arguments.insert(arguments.begin(), {"etcdctl", "--endpoints", all});
    int status = 0;
    const pid_t pid = spawn(std::move(arguments), file);
    if (::waitpid(pid, &status, 0) != pid || status != 0) return std::nullopt;
    return read_file(file, 1 << 20);
  }

 private:
  // One that vouches for itself, for members and clients.
  void make_certificate() {
    const std::string cert = directory_ + "/cert.pem", key = directory_ + "/key.pem";
    const pid_t pid =
        spawn({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=etcd",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert},
              directory_ + "/openssl.log");
    int status = 0;
    BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
    BOOST_REQUIRE(status == 0);
    options_.insert(options_.end(), {"--cert-file", cert, "--key-file", key, "--trusted-ca-file",
                                     cert, "--client-cert-auth"});
  }

  static std::string url(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

  // Below the ports that the kernel gives to connections: that of a member which is down must not
  // become the other end of a connection. Other tests are told by a socket with a name, as in
  // tests/system/ports.py.
  std::uint16_t free_port() {
    std::random_device random;
    while (true) {
      const Fd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const auto port = static_cast<std::uint16_t>(12'000 + random() % 20'000);
      address.sin_port = htons(port);
      const auto* any = reinterpret_cast<const sockaddr*>(&address);
      if (::bind(probe.get(), any, sizeof address) == 0 && take(port)) return port;
    }
  }

  bool take(std::uint16_t port) {
    Fd note(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto name = "metaset-test-port-" + std::to_string(port);
    name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(note.get(), any, static_cast<socklen_t>(length)) != 0) return false;
    notes_.push_back(std::move(note));
    return true;
  }

  static pid_t spawn(std::vector<std::string> arguments, const std::string& output) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      ::dup2(out, 1);
      ::dup2(out, 2);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    return pid;
  }

  std::vector<std::string> options_;
  const Tls tls_;
  std::vector<pid_t> pids_;
  std::string directory_;
  std::vector<std::uint16_t> client_ports_, peer_ports_;
  std::vector<Fd> notes_;
};

}  // namespace metaset::group
