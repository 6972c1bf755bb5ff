// Pages of a repository in a temporary directory.
#pragma once

#include <optional>
#include <string>

#include "metaset/web/pages.h"

#include "../depot/fixture.h"

namespace metaset::web {

struct PageFixture : depot::TestDepot {
  Templates templates{""};
  std::optional<PageCache> cache{std::in_place};
  std::optional<PayloadTexts> texts;

  // As for a new request; one of the one before is not to be used any more.
  Site site(std::string publisher = {}) {
    templates.refresh();
    texts.emplace(payloads());
    return Site{.templates = templates,
                .cache = *cache,
                .outlines = outlines(),
                .size_notes = session.store().size_notes(),
                .texts = *texts,
                .view = view(),
                .publishers = publishers(),
                .links = Links::of_page("/x", false),
                .origin = "http://depot.example/",
                .publisher = std::move(publisher),
                .showing = Showing::kActive,
                .shown_name = {},
                .history = History::kAll,
                .has_feed = true,
                .has_p5i = true};
  }
  std::string package(const std::string& fmri, PackagePart part = PackagePart::kOverview,
                      const std::string& under = {}) {
    return package_page(site(), {fmri, part, under});
  }
};

inline bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

}  // namespace metaset::web
