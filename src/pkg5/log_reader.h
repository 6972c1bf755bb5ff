// Update logs of all locales, merged into the operations that wrote them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pkg5/stock_catalog.h"

namespace metaset::pkg5 {

// kInvalid if an entry does not belong to the publisher or its names break the rules.
void check_entry_names(std::string_view expected_publisher, std::string_view publisher,
                       std::string_view name, std::string_view version);

// Files are read in the order of their names, that is by hour, locale C first.
class LogReader {
 public:
  explicit LogReader(StockCatalog& catalog) : catalog_(catalog) {}
  ips::ReadResult read(std::string_view file_name, std::string_view text);
  void finish() { end_hour(); }

 private:
  struct Ordered {
    Time key;  // of the order: the operation's time, or that of an earlier one of the same package
    CatalogOperation operation;
  };
  void end_hour();
  void add(bool first_locale, std::string_view last_name, ips::LogEntry&& entry);
  void fill(CatalogPackage& package, ips::LogEntry::Part&& part);

  StockCatalog& catalog_;
  std::int64_t hour_ = 0;
  std::vector<Ordered> operations_;  // of the hour
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace metaset::pkg5
