#define BOOST_TEST_MODULE ips
#include <boost/test/unit_test.hpp>
