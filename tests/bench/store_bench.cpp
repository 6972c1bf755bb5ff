// store_bench load|commits|growth|history|rollback|ingest|index CORPUS REPOSITORY NUMBER
#include "store_bench.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr,
                 "usage: store_bench load|commits|growth|history|rollback|ingest|index "
                 "CORPUS REPOSITORY NUMBER\n");
    return 2;
  }
  const std::string_view what = argv[1];
  const auto number = static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10));
  try {
    if (number > 0 && what == "load") {
      metaset::bench::load(argv[2], argv[3], number);
    } else if (number > 0 && what == "commits") {
      metaset::bench::measure_commits(argv[2], argv[3], number);
    } else if (number > 0 && what == "growth") {
      metaset::bench::measure_growth(argv[2], argv[3], number);
    } else if (number > 0 && what == "history") {
      metaset::bench::make_history(argv[2], argv[3], number);
    } else if (number > 0 && what == "rollback") {
      metaset::bench::measure_rollback(argv[3], number);
    } else if (number > 0 && what == "ingest") {
      metaset::bench::measure_ingestion(argv[3], number);
    } else if (what == "index") {
      metaset::bench::measure_indexing(argv[3]);
    } else {
      std::fprintf(stderr, "store_bench: there is no '%s' of '%s'\n", argv[1], argv[4]);
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "store_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
