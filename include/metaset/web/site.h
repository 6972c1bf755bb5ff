// What all pages of one request have in common. Filled by src/http/handle_pages.cpp.
// Thread-safety: one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "metaset/depot/publishers.h"
#include "metaset/group/group_state.h"
#include "metaset/store/added_sizes.h"
#include "metaset/store/outlines.h"
#include "metaset/store/view.h"
#include "metaset/web/links.h"
#include "metaset/web/page_cache.h"
#include "metaset/web/payload_texts.h"
#include "metaset/web/templates.h"

namespace metaset::web {

enum class Showing {
  kActive,
  kFixed,    // the location always shows that metaset
  kPast,     // below /metaset/NAME/
  kStaging,  // below /staging/AREA/
};

// Which metasets of the past have pages.
enum class History { kAll, kTagged, kNone };

// The name of the page that searches.
inline constexpr std::string_view kFindPage = "find";

struct Site {
  Templates& templates;
  PageCache& cache;
  const store::Outlines& outlines;
  const store::SizeNotes& size_notes;
  PayloadTexts& texts;  // of this request
  const store::View& view;
  const depot::Publishers& publishers;
  Links links;
  std::string origin;     // absolute address of the top of the view, with a slash at its end
  std::string publisher;  // the page is below it; empty: it is of all publishers
  Showing showing = Showing::kActive;
  std::string shown_name;  // of the metaset or the staging area
  History history = History::kAll;
  bool has_packages = true;  // a mirror has none to look through
  bool has_feed = false, has_p5i = false;
  std::string group = {};  // what a member of a group says of its state; empty: it is in none
  // What is known of its group, on pages that show it.
  std::optional<group::GroupState> group_state = {};
};

}  // namespace metaset::web
