#include "metaset/base/signing.h"

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

#include "key_files.h"

namespace metaset {
namespace {

EVP_PKEY* rsa(std::size_t bits) { return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits); }

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(signing, KeyFiles)

BOOST_AUTO_TEST_CASE(what_a_key_has_signed) {
  make("one", ed25519());
  make("two", rsa(2048));
  make("other", ed25519());
  const Key other = Key::read_public(path("other.pub"));
  for (const char* name : {"one", "two"}) {
    const Key secret = Key::read_private(path(std::string(name) + ".key"));
    const Key known = Key::read_public(path(std::string(name) + ".pub"));
    BOOST_TEST(to_hex(secret.fingerprint()) == to_hex(known.fingerprint()));
    BOOST_TEST(to_hex(secret.fingerprint()) != to_hex(other.fingerprint()));
    for (const std::string& text :
         {std::string(), std::string("text"), std::string(100'000, 'x')}) {
      std::string signature = secret.sign(text);
      BOOST_TEST(known.has_signed(text, signature));
      BOOST_TEST(!known.has_signed(text + "x", signature));
      BOOST_TEST(!other.has_signed(text, signature));
      signature[signature.size() / 2] = static_cast<char>(signature[signature.size() / 2] ^ 1);
      BOOST_TEST(!known.has_signed(text, signature));
      BOOST_TEST(!known.has_signed(text, ""));
    }
  }
}

BOOST_AUTO_TEST_CASE(files_that_are_no_such_key) {
  make("small", rsa(1024));
  make("curve", EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  make("secret", ed25519(), "password");
  make("good", ed25519());
  write_file_atomically(path("text.key"), "hello", false);
  BOOST_TEST(refusal([&] { Key::read_private(path("small.key")); }).ends_with("2048 bits"));
  BOOST_TEST(refusal([&] { Key::read_private(path("curve.key")); }).ends_with("RSA key"));
  BOOST_TEST(refusal([&] { Key::read_private(path("secret.key")); }).find("password") !=
             std::string::npos);
  for (const char* name : {"text.key", "good.pub"}) {
    BOOST_TEST(refusal([&] { Key::read_private(path(name)); }).starts_with(path(name)), name);
  }
  for (const char* name : {"text.key", "good.key"}) {
    BOOST_TEST(refusal([&] { Key::read_public(path(name)); }).starts_with(path(name)), name);
  }
  BOOST_CHECK_THROW(Key::read_public(path("none")), Error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace metaset
