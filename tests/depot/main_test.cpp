#define BOOST_TEST_MODULE depot
#include <boost/test/unit_test.hpp>
