#include "metaset/ips/action.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "expect.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using testing::expect_error;
using testing::expect_invalid;

std::string canonical(std::string_view line) { return Action::parse(line).text(); }

// Attributes in the order of their keys.
std::vector<std::pair<std::string, std::vector<std::string>>> sorted(const Action& action) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  for (const auto& attribute : action.attributes()) {
    out.emplace_back(attribute.key, attribute.values);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string quoted(std::string_view value, bool in_list = false) {
  std::string out;
  append_quoted_value(value, in_list, out);
  return out;
}

BOOST_AUTO_TEST_SUITE(action)

BOOST_AUTO_TEST_CASE(types) {
  for (int i = 0; i <= static_cast<int>(ActionType::kUnknown); ++i) {
    const auto type = static_cast<ActionType>(i);
    BOOST_TEST((type_from_name(type_name(type)) == type));
  }
  BOOST_TEST(!type_from_name("Set"));
  BOOST_TEST(!type_from_name(""));
  BOOST_TEST(has_payload(ActionType::kSignature));
  BOOST_TEST(!has_payload(ActionType::kDir));
  BOOST_TEST(key_attribute(ActionType::kUser) == "username");
}

BOOST_AUTO_TEST_CASE(reads_attributes_in_order) {
  const Action action = Action::parse("dir path=a mode=0755 x=1 owner=root x=2\tgroup=bin x=1 \t");
  BOOST_TEST((action.type() == ActionType::kDir));
  BOOST_TEST(action.attributes().size() == 5U);
  BOOST_TEST(action.attributes()[2].key == "x");
  BOOST_TEST(*action.values("x") == std::vector<std::string>({"1", "2", "1"}),
             boost::test_tools::per_element());
  BOOST_TEST(*action.value("x") == "1");
  BOOST_TEST(action.value("y") == nullptr);
  BOOST_TEST(action.values("y") == nullptr);
  BOOST_TEST(action.hash().empty());
}

BOOST_AUTO_TEST_CASE(reads_hashes) {
  BOOST_TEST(Action::parse("file abc path=x").hash() == "abc");
  BOOST_TEST(Action::parse("file  abc\tpath=x").hash() == "abc");
  BOOST_TEST(Action::parse("file path=x hash=abc").hash() == "abc");
  BOOST_TEST(Action::parse("file abc path=x hash=\"abc\"").hash() == "abc");
  BOOST_TEST(Action::parse("signature abc value=x").hash() == "abc");
  BOOST_TEST(Action::parse("license abc license=x").value("hash") == nullptr);
  BOOST_TEST(Action::parse("file path=x").hash().empty());
  expect_invalid("not identical", [] { Action::parse("file abc path=x hash=abd"); });
  expect_invalid("column 5: a dir action has no hash", [] { Action::parse("dir abc path=x"); });
  expect_invalid("a set action has no hash", [] { Action::parse("set name=a value=b hash=c"); });
}

BOOST_AUTO_TEST_CASE(reads_quoted_values) {
  const auto value = [](const std::string& text) {
    return *Action::parse("set name=n value=" + text).value("value");
  };
  BOOST_TEST(value("\"\"") == "");
  BOOST_TEST(value("\"a b\"") == "a b");
  BOOST_TEST(value("'a \"b\"'") == "a \"b\"");
  BOOST_TEST(value("\"a \\\"b\\\"\"") == "a \"b\"");
  BOOST_TEST(value("'it\\'s'") == "it's");
  BOOST_TEST(value("\"it\\'s\"") == "it\\'s");
  BOOST_TEST(value("\"a\\\\b\"") == "a\\b");
  BOOST_TEST(value("\"a\\nb\"") == "a\\nb");
  BOOST_TEST(value("\"a\\\\\"") == "a\\");
  BOOST_TEST(value("C:\\fruit\\\\new") == "C:\\fruit\\\\new");
  BOOST_TEST(value("a\"b'c=d") == "a\"b'c=d");
  BOOST_TEST(value("=") == "=");
}

BOOST_AUTO_TEST_CASE(concatenates_adjacent_quoted_values) {
  BOOST_TEST(canonical("set name=n value=\"a\" \"b\"") == "set name=n value=ab");
  BOOST_TEST(canonical("set name=n value=\"a\"\"b\"\t'c'") == "set name=n value=abc");
  BOOST_TEST(canonical("set name=n value=\"a\\\\\" \"b\" x=y") == "set name=n value=a\\b x=y");
  BOOST_TEST(canonical("set name=n value='a' value=\"b\" 'c'") == "set name=n value=a value=bc");
  // As in the original, nothing has to separate a closing quote from the next key.
  BOOST_TEST(canonical("set name=\"n\"value=x") == "set name=n value=x");
}

BOOST_AUTO_TEST_CASE(names_what_is_malformed_and_where) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "unknown action type ''"},
      {"set", "no attributes"},
      {"sets name=a value=b", "unknown action type 'sets'"},
      {" set name=a value=b", "unknown action type ''"},
      {"set name", "column 9: missing value"},
      {"set name=", "column 10: missing value"},
      {"set name= value=b", "column 10: missing value"},
      {"set =a", "column 5: missing key"},
      {"set name=a =b", "column 12: missing key"},
      {"set name=a value b", "column 17: whitespace in key"},
      {"set name=a va\"lue=b", "column 14: quote in key"},
      {"set name=a value=\"b", "column 18: unfinished quoted value"},
      {"set name=a value=\"b\\\"", "column 18: unfinished quoted value"},
      {"set name=a value='b\\", "column 18: unfinished quoted value"},
      {"set name=a data=b", "column 12: invalid key: 'data'"},
      {"file abc def path=x", "column 13: whitespace in key"},
      {std::string("set name=a\0b value=c", 20), "column 11: null byte"},
  };
  for (const auto& [text, message] : cases) {
    expect_invalid(message, [&text = text] { Action::parse(text); });
  }
}

BOOST_AUTO_TEST_CASE(expands_the_short_form_of_set) {
  BOOST_TEST(canonical("set com.example.x=y") == "set name=com.example.x value=y");
  BOOST_TEST(canonical("set x=y x=z") == "set name=x value=y value=z");
  BOOST_TEST(canonical("set name=foo") == "set name=name value=foo");
  expect_invalid("missing \"name\" or \"value\"", [] { Action::parse("set a=b c=d"); });
  expect_invalid("missing \"name\" or \"value\"", [] { Action::parse("set name=b c=d"); });
  expect_invalid("missing \"name\" or \"value\"", [] { Action::parse("set "); });
}

BOOST_AUTO_TEST_CASE(removes_leading_slashes_of_paths) {
  BOOST_TEST(canonical("dir path=//usr/bin/") == "dir path=usr/bin/");
  expect_invalid("empty path", [] { Action::parse("dir path=/"); });
  expect_invalid("empty path", [] { Action::parse("dir path=\"\""); });
  expect_invalid("several values of path",
                 [] { Action::parse("license license=a path=b path=c"); });
}

BOOST_AUTO_TEST_CASE(demands_one_key_attribute) {
  expect_invalid("missing key attribute \"path\"", [] { Action::parse("file abc mode=0644"); });
  expect_invalid("missing key attribute \"fmri\"", [] { Action::parse("depend type=require"); });
  expect_invalid("missing key attribute \"pkg\"", [] { Action::parse("legacy name=a"); });
  expect_invalid("several values of the key attribute", [] { Action::parse("dir path=a path=b"); });
  expect_invalid("several values of the key attribute",
                 [] { Action::parse("set name=a name=b value=c"); });
  expect_invalid("several values of the key attribute",
                 [] { Action::parse("depend fmri=a fmri=b"); });
  BOOST_TEST(canonical("depend fmri=b fmri=a type=require-any") ==
             "depend fmri=b fmri=a type=require-any");
  BOOST_TEST(canonical("signature algorithm=sha256") == "signature algorithm=sha256");
  BOOST_TEST(canonical("unknown a=b") == "unknown a=b");
}

BOOST_AUTO_TEST_CASE(quotes_as_the_original_does) {
  BOOST_TEST(quoted("a") == "a");
  BOOST_TEST(quoted("") == "\"\"");
  BOOST_TEST(quoted("a b") == "\"a b\"");
  BOOST_TEST(quoted("it's") == "\"it's\"");
  BOOST_TEST(quoted("say \"x\"") == "'say \"x\"'");
  BOOST_TEST(quoted("both ' and \"") == "\"both ' and \\\"\"");
  BOOST_TEST(quoted("C:\\fruit\\new") == "C:\\fruit\\new");
  BOOST_TEST(quoted("C:\\my fruit") == "\"C:\\my fruit\"");
  BOOST_TEST(quoted("$(X)") == "\"$(X)\"");
  BOOST_TEST(quoted("$(X)", true) == "$(X)");
  BOOST_TEST(quoted("gr\xc3\xbcn") == "gr\xc3\xbcn");
}

// Here the original writes what its clients read differently or not at all.
BOOST_AUTO_TEST_CASE(quotes_so_that_the_value_comes_back) {
  BOOST_TEST(quoted("a\tb") == "\"a\tb\"");
  BOOST_TEST(quoted("a b\\") == "\"a b\\\\\"");
  BOOST_TEST(quoted("a \\\\ b") == "\"a \\\\\\\\ b\"");
  BOOST_TEST(quoted("' \\\"") == "\"' \\\\\\\"\"");
}

BOOST_AUTO_TEST_CASE(writes_sorted_attributes) {
  BOOST_TEST(canonical("file abc path=/x owner=root mode=0644 group=bin z=2 z=1 B=c") ==
             "file abc B=c group=bin mode=0644 owner=root path=x z=2 z=1");
  BOOST_TEST(canonical("set name=a value=$(b) value=c") == "set name=a value=$(b) value=c");
  Action action(ActionType::kFile, "a=b");
  action.add("path", "x");
  action.add("group", "y");
  BOOST_TEST(action.text() == "file group=y hash=a=b path=x");
}

BOOST_AUTO_TEST_CASE(changes) {
  Action action = Action::parse("dir path=a x=1 x=2");
  action.set("x", "3");
  action.add("y", "4");
  action.add("y", "5");
  BOOST_TEST(action.text() == "dir path=a x=3 y=4 y=5");
  action.erase("y");
  action.erase("z");
  action.set("z", "6");
  BOOST_TEST(action.text() == "dir path=a x=3 z=6");
}

BOOST_AUTO_TEST_CASE(many_keys_take_little_time) {
  std::string text = "set name=a value=b";
  for (int i = 0; i < 99'000; ++i) text += " k" + std::to_string(i) + "=v";
  text += " k5=w k98999=w";
  const Action action = Action::parse(text);
  BOOST_TEST(action.attributes().size() == 99'002U);
  BOOST_TEST(action.values("k5")->size() == 2U);
  BOOST_TEST(action.values("k98999")->size() == 2U);
}

BOOST_AUTO_TEST_CASE(is_bounded) {
  std::string text = "set name=a";
  for (std::size_t i = 0; i < kMaxAttributes; ++i) text += " v=1";
  expect_error(Code::kLimit, "attributes", [&] { Action::parse(text); });
  expect_error(Code::kLimit, "bytes",
               [] { Action::parse("set name=a value=" + std::string(kMaxActionText, 'x')); });
}

BOOST_AUTO_TEST_CASE(what_counts_as_size) {
  const auto size = [](const char* text) { return installed_size(Action::parse(text)); };
  BOOST_TEST(size("file a path=x pkg.size=18446744073709551615") == 18446744073709551615u);
  BOOST_TEST(size("license a license=x pkg.size=5 pkg.csize=3") == 5u);
  BOOST_TEST(size("signature a value=x pkg.size=5") == 0u);
  for (const char* value : {"", "-1", "+1", "5 ", "0x5", "18446744073709551616"}) {
    BOOST_TEST(size((std::string("file a path=x pkg.size=\"") + value + "\"").c_str()) == 0u);
  }
  BOOST_TEST(size("file a path=x") == 0u);
}

BOOST_AUTO_TEST_CASE(text_is_read_as_the_same_action) {
  BOOST_TEST(testing::holds([] {
    const Action first = *testing::action();
    const Action second = Action::parse(first.text());
    RC_ASSERT(second.type() == first.type());
    RC_ASSERT(second.hash() == first.hash());
    RC_ASSERT(sorted(second) == sorted(first));
    RC_ASSERT(second.text() == first.text());
  }));
}

BOOST_AUTO_TEST_CASE(parsing_any_text_gives_an_action_or_an_error) {
  BOOST_TEST(testing::holds([] {
    const std::string text = *rc::gen::element<std::string>("set ", "file ", "depend ", "x ") +
                             *testing::text_of("ab==\"\"''\\ \t\n");
    try {
      const Action action = Action::parse(text);
      RC_ASSERT(sorted(Action::parse(action.text())) == sorted(action));
    } catch (const Error& error) {
      RC_ASSERT(error.code() == Code::kInvalid);
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
