#define BOOST_TEST_MODULE lmdb
#include <boost/test/unit_test.hpp>
