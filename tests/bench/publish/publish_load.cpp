// publish_load PORT PATH TOKEN CLIENTS PACKAGES FILES SIZE SEED [probe]
//
// Publishes packages as pkgsend does, over as many kept connections as there are clients, and
// prints one JSON object. With "probe" it asks for each file first whether the depot has it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/percent.h"

#include "connection.h"
#include "publications.h"

namespace metaset::bench {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

struct Target {
  std::uint16_t port = 0;
  std::string path;
  std::string token;
  bool probe = false;
};

class Publisher {
 public:
  explicit Publisher(const Target& target)
      : target_(target),
        fields_(fmt::format(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n"
                            "Client-Release: 5.11\r\n",
                            target.token)),
        connection_(target.port) {}

  void publish(const NewPackage& package) {
    const Answer opened = ask("GET", "open/0/" + percent_encode(package.fmri));
    const std::string& id = opened.transaction;
    for (const UploadedFile& file : package.files) {
      if (target_.probe) ask("HEAD", "file/2/" + file.name);
      ask("POST", "file/1/" + id, file.content);
    }
    ask("POST", "manifest/1/" + id, package.manifest);
    ask("GET", "close/0/" + id);
  }

 private:
  Answer ask(std::string_view method, std::string_view what, std::string_view body = {}) {
    Answer answer =
        connection_.ask(fmt::format("{} {}{}{}", method, target_.path, what, fields_), body);
    const bool good = answer.status == 200 || (method == "HEAD" && answer.status == 404);
    if (good) return answer;
    throw Error(Code::kInvalid,
                fmt::format("{} {}: {} {}", method, what, answer.status, answer.body));
  }

  const Target& target_;
  const std::string fields_;
  Connection connection_;
};

// The clients share the packages; the first failure of one of them ends the run.
class Run {
 public:
  Run(const Target& target, const std::vector<NewPackage>& packages)
      : target_(target), packages_(packages), seconds_(packages.size()) {}

  void work(std::exception_ptr& failure) noexcept {
    try {
      Publisher publisher(target_);
      for (std::size_t i = next_++; i < packages_.size(); i = next_++) {
        const auto start = Clock::now();
        publisher.publish(packages_[i]);
        seconds_[i] = seconds_between(start, Clock::now());
      }
    } catch (...) {
      failure = std::current_exception();
      next_ = packages_.size();
    }
  }
  double milliseconds(double which) {
    std::sort(seconds_.begin(), seconds_.end());
    return 1e3 *
           seconds_[static_cast<std::size_t>(which * static_cast<double>(seconds_.size() - 1))];
  }

 private:
  const Target& target_;
  const std::vector<NewPackage>& packages_;
  std::vector<double> seconds_;  // of each package
  std::atomic<std::size_t> next_ = 0;
};

void measure(const Target& target, unsigned clients, std::string_view seed, const Wanted& wanted) {
  const auto packages = make_packages(seed, wanted);
  Run run(target, packages);
  std::vector<std::exception_ptr> failures(clients);
  const auto start = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < clients; ++i) {
      threads.emplace_back([&run, &failures, i] { run.work(failures[i]); });
    }
  }
  const double seconds = seconds_between(start, Clock::now());
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  const double count = static_cast<double>(packages.size());
  fmt::print(
      "{{\"packages_per_second\": {:.1f}, \"files_per_second\": {:.1f}, \"p50_ms\": {:.2f}, "
      "\"p99_ms\": {:.2f}}}\n",
      count / seconds, count * wanted.files / seconds, run.milliseconds(0.5),
      run.milliseconds(0.99));
}

unsigned number(const char* text) {
  const unsigned long value = std::strtoul(text, nullptr, 10);
  if (value == 0) throw Error(Code::kUsage, fmt::format("'{}' is not a number above 0", text));
  return static_cast<unsigned>(value);
}

}  // namespace

}  // namespace metaset::bench

int main(int argc, char** argv) {
  using namespace metaset::bench;
  const bool probe = argc == 10 && std::string_view(argv[9]) == "probe";
  if (argc != 9 && !probe) {
    std::fprintf(stderr,
                 "usage: publish_load PORT PATH TOKEN CLIENTS PACKAGES FILES SIZE SEED [probe]\n");
    return 2;
  }
  try {
    const Target target{static_cast<std::uint16_t>(number(argv[1])), argv[2], argv[3], probe};
    measure(target, number(argv[4]), argv[8], {number(argv[5]), number(argv[6]), number(argv[7])});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "publish_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
