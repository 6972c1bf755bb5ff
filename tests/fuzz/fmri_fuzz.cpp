// An FMRI or a pattern.
#include "metaset/ips/fmri.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using metaset::fuzz::accepts;
  using metaset::fuzz::require;
  using metaset::ips::Fmri;
  using metaset::ips::FmriPattern;

  const std::string_view text = metaset::fuzz::text_of(data, size);
  accepts([&] {
    const Fmri fmri = Fmri::parse(text);
    const std::string canonical = fmri.text();
    require(Fmri::parse(canonical).text() == canonical);
    require(Fmri::parse(fmri.stem_text()).stem_text() == fmri.stem_text());
    require(metaset::ips::is_package_name(fmri.name));
    fmri.url_path();
    if (fmri.version) {
      const FmriPattern pattern = FmriPattern::parse(canonical);
      require(pattern.matches(fmri.publisher, fmri.name, *fmri.version));
      if (!fmri.version->timestamp().empty()) transaction_id(fmri);
    }
  });
  accepts([&] {
    const FmriPattern pattern = FmriPattern::parse(text);
    const Fmri fmri = Fmri::parse("pkg://test/lib/zlib@1.3,5.11-1:20240501T100000Z");
    if (pattern.matches(fmri.publisher, fmri.name, *fmri.version)) {
      require(pattern.matches_name(fmri.publisher, fmri.name));
    }
  });
  metaset::ips::is_publisher_name(text);
  return 0;
}
