// What templates are filled with, for this directory. Every text is escaped when it is rendered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kainjow/mustache.hpp>

#include "metaset/base/clock.h"
#include "metaset/web/templates.h"

namespace metaset::web {

using Data = kainjow::mustache::data;
using DataList = kainjow::mustache::list;

inline void put(Data& data, const char* name, std::string_view text) {
  data.set(name, Data(std::string(text)));
}
// A section of that name is rendered only if the text is not empty.
inline void put_text(Data& data, const char* name, std::string_view text) {
  data.set(name, text.empty() ? Data(Data::type::bool_false) : Data(std::string(text)));
}
inline void put_flag(Data& data, const char* name, bool flag) {
  data.set(name, Data(flag ? Data::type::bool_true : Data::type::bool_false));
}
inline void put_list(Data& data, const char* name, DataList&& list) {
  put_flag(data, (std::string("has_") + name).c_str(), !list.empty());
  data.set(name, Data(std::move(list)));
}
// "1,752"
std::string count_text(std::uint64_t number);
// NAME is "2026-11-24 12:00" in UTC, NAME_iso what <time datetime> wants.
void put_time(Data& data, const char* name, Time time);
// "2026-11-24T12:00:00Z"
std::string iso_time(Time time);

// The page of that name (NAME.mustache), without a frame. kInternal if there is no such template.
std::string render(Templates& templates, std::string_view name, const Data& data);

}  // namespace metaset::web
