#include "metaset/web/templates.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "web/built_in.h"
#include "web/template_data.h"

namespace metaset::web {
namespace {

// A directory with one template of its own.
struct OwnTemplates {
  TemporaryDirectory directory;
  Templates templates{directory.path()};

  void write(const std::string& name, const std::string& text) {
    write_file_atomically(directory.path() + "/" + name, text, false);
  }
  // With x = the value.
  std::string render_x(const std::string& value) {
    templates.refresh();
    Data data;
    put_text(data, "x", value);
    return render(templates, "home", data);
  }
};

bool is_broken(const Error& error) { return error.code() == Code::kCorrupt; }

BOOST_AUTO_TEST_SUITE(templates)

BOOST_AUTO_TEST_CASE(every_template_that_is_compiled_in_can_be_parsed_and_escapes) {
  Templates templates("");
  templates.refresh();
  BOOST_TEST(built_in_files().size() > 3U);
  for (const BuiltIn& file : built_in_files()) {
    if (!file.name.ends_with(".mustache")) continue;
    BOOST_TEST_CONTEXT(file.name) {
      BOOST_TEST(file.text.find("{{{") == std::string_view::npos);
      BOOST_TEST(file.text.find("{{&") == std::string_view::npos);
      // The policy that pages are sent with forbids both.
      BOOST_TEST(file.text.find(" style=") == std::string_view::npos);
      BOOST_TEST(file.text.find("<script") == std::string_view::npos);
      BOOST_CHECK_NO_THROW(
          render(templates, file.name.substr(0, file.name.rfind('.')), Data(Data::type::object)));
    }
  }
}

BOOST_AUTO_TEST_CASE(values_are_escaped_in_text_and_in_attributes) {
  OwnTemplates own;
  own.write("home.mustache", "<p title='{{x}}' lang=\"{{x}}\">{{x}}</p>");
  const std::string safe = "&lt;b&gt;&quot;&#39;&amp;{{y}}\xef\xbf\xbd";
  BOOST_TEST(own.render_x("<b>\"'&{{y}}\x01") ==
             "<p title='" + safe + "' lang=\"" + safe + "\">" + safe + "</p>");
}

BOOST_AUTO_TEST_CASE(no_value_becomes_markup) {
  OwnTemplates own;
  own.write("home.mustache", "[{{x}}]");
  BOOST_CHECK(rc::check("escape", [&](const std::string& value) {
    RC_ASSERT(own.render_x(value).find_first_of("<>\"'") == std::string::npos);
  }));
}

BOOST_AUTO_TEST_CASE(an_empty_text_is_no_section) {
  OwnTemplates own;
  own.write("home.mustache", "{{#x}}[{{x}}]{{/x}}{{^x}}none{{/x}}");
  BOOST_TEST(own.render_x("") == "none");
  BOOST_TEST(own.render_x("0") == "[0]");
}

BOOST_AUTO_TEST_CASE(what_is_not_escaped_is_refused) {
  for (const char* text : {"{{{x}}}", "{{&x}}", "{{ & x}}", "{{=<% %>=}}<%& x %>"}) {
    OwnTemplates own;
    own.write("home.mustache", text);
    BOOST_CHECK_EXCEPTION(own.render_x("y"), Error, is_broken);
  }
}

BOOST_AUTO_TEST_CASE(broken_templates_are_named) {
  for (const char* text : {"{{#x}}", "{{x", "{{> nothing}}", "{{> home}}", "{{> x"}) {
    OwnTemplates own;
    own.write("home.mustache", text);
    BOOST_CHECK_EXCEPTION(own.render_x("y"), Error, [&](const Error& error) {
      return is_broken(error) && error.message().find("home") != std::string::npos;
    });
  }
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_the_one_compiled_in) {
  OwnTemplates own;
  own.write("home.mustache", "{{> foot}}");
  BOOST_TEST(own.render_x("").find("</html>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(digest_and_name_of_the_style_follow_the_files) {
  Templates built_in("");
  built_in.refresh();
  OwnTemplates own;
  own.templates.refresh();
  BOOST_TEST(own.templates.digest() == built_in.digest());
  OwnTemplates other;
  other.write("style.css", "p { color: red }");
  other.templates.refresh();
  BOOST_TEST(other.templates.digest() != built_in.digest());
  BOOST_TEST(other.templates.style_name() != built_in.style_name());
  BOOST_TEST(*other.templates.style() == "p { color: red }");
}

BOOST_AUTO_TEST_CASE(numbers_and_times) {
  BOOST_TEST(count_text(0) == "0");
  BOOST_TEST(count_text(999) == "999");
  BOOST_TEST(count_text(1000) == "1,000");
  BOOST_TEST(count_text(1234567) == "1,234,567");
  BOOST_TEST(iso_time(Time{1'700'000'000'999'999}) == "2023-11-14T22:13:20Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
