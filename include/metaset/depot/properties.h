// Properties of a repository and of its publishers, under the names, types and syntax of `pkgrepo
// get` and `pkgrepo set` (protocol/formats.md sections 6 and 8).
//
// Stored per metaset by MetasetWriter::set_config: for scope 0 a JSON object of sections as
// status/0 shows them, for a publisher its p5i document (none: never configured). Properties of the
// repository that a newer or older program stored are kept and shown, but cannot be set.
//
//   repository  publisher/prefix, repository/{check-certificate-revocation,format,
//               signature-required-names,trust-anchor-directory,version}
//   publisher   publisher/{alias,prefix}, repository/{collection-type,description,legal-uris,
//               mirrors,name,origins,refresh-seconds,registration-uri,related-uris}
//
// Thread-safety: functions as the view or repository they get. Errors: kUsage for a malformed
// assignment or an unknown property, kInvalid for an illegal value, naming property and value;
// nothing is changed then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "metaset/store/repository.h"
#include "metaset/store/view.h"

namespace metaset::depot {

// monostate: not set (JSON null).
using PropertyValue =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

struct Property {
  std::string section, name;
  PropertyValue value;
};
struct PublisherProperties {
  std::string publisher;
  std::vector<Property> properties;
};

// The configuration of a new repository; `publisher` may be empty. JSON for Repository::create().
std::string default_config(std::string_view publisher);

// Sorted by section and name.
std::vector<Property> repository_properties(const store::View& view);
// Of every publisher, or of those named ("all": every one), sorted by publisher. Names that are not
// known are left out.
std::vector<PublisherProperties> publisher_properties(const store::View& view,
                                                      const std::vector<std::string>& publishers);
// The property "section/name", or nullptr.
const Property* find_property(const std::vector<Property>& properties,
                              std::string_view section_and_name);
// As `pkgrepo get` shows a value: shell syntax, lists as (a b\ c), "" for an empty text, nothing
// for one that is not set.
std::string property_text(const PropertyValue& value);

// section/name=value. A value in parentheses is a list of words in shell syntax; several
// assignments to one property make a list.
struct Assignment {
  std::string section, name;
  std::vector<std::string> values;
  bool is_list = false;
};
std::vector<Assignment> parse_assignments(const std::vector<std::string>& arguments);

// Each makes one metaset; nullopt if nothing was changed. The repository must be open for writing.
// A publisher that does not exist yet is created, by publisher/prefix as well as by its name.
std::optional<store::MetasetRecord> set_repository_properties(
    store::Repository& repository, const std::vector<Assignment>& assignments,
    const store::MetasetWriter::Options& options);
std::optional<store::MetasetRecord> set_publisher_properties(
    store::Repository& repository, const std::vector<std::string>& publishers,
    const std::vector<Assignment>& assignments, const store::MetasetWriter::Options& options);

// Whether catalog files of the configuration carry _FEATURE (repository/format = utf8). Whoever
// adds a publisher passes it to MetasetWriter::set_utf8_feature.
bool wants_utf8_feature(const store::View& view);

}  // namespace metaset::depot
