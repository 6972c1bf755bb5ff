#include "app/child_process.h"

#include <array>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "metaset/base/file.h"

namespace metaset::app {
namespace {

Fd pipe_with(std::string_view text) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Fd write_end(ends[1]);
  BOOST_REQUIRE(::write(write_end.get(), text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()));
  return Fd(ends[0]);
}

BOOST_AUTO_TEST_CASE(each_descriptor_gets_its_number_whatever_numbers_the_others_had) {
  const Fd first = pipe_with("first\n"), second = pipe_with("second\n");
  ChildOptions options;
  options.descriptors = {{first.get(), second.get()}, {second.get(), first.get()}};
  options.arguments = {
      "/bin/sh", "-c",
      fmt::format("read a </dev/fd/{}; read b </dev/fd/{}; test \"$a $b\" = 'second first'",
                  first.get(), second.get())};
  ChildProcess child("sh", options);
  BOOST_REQUIRE(child.wait_for(std::chrono::seconds(20)));
  BOOST_TEST(child.how_it_ended() == "sh ended with status 0");
}

}  // namespace
}  // namespace metaset::app
