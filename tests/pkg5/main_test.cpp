#define BOOST_TEST_MODULE pkg5
#include <boost/test/unit_test.hpp>
