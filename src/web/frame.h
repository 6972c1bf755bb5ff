// What is around every page.
#pragma once

#include <string>
#include <string_view>

#include "metaset/web/site.h"

#include "web/template_data.h"

namespace metaset::web {

// Adds what the frame needs to the page's own data and renders "page.mustache", which includes the
// frame. `here`: the entry of the navigation that the page belongs to.
std::string framed(const Site& site, std::string_view page, std::string_view here,
                   std::string_view title, Data&& data);

// The list of packages; empty if there is none.
std::string packages_link(const Site& site, std::string_view publisher);

// The publishers that the page is about: the one of its address, or all.
std::vector<const depot::PublisherFacts*> publishers_of(const Site& site);
std::vector<store::Publisher> shown_publishers(const Site& site);

}  // namespace metaset::web
