// Rows of `search-lines`: some lines of a chain, one after the other, and of which documents they
// are. About kSearchPageText bytes of text are compressed together: few enough that one line is
// read fast, enough that they take little room.
//
//   page   = count 1*( runs size ) text          count, size = varint; text: raw deflate
//   runs   = number *( gap length )              documents; gap since the end of the run before;
//                                                length 0: to the last document and beyond
//
// A line without runs is none any more: it was collected. Private to the store. Errors: kCorrupt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::store {

inline constexpr std::size_t kSearchPageText = 2048;
inline constexpr std::size_t kSearchPageLines = 4096;  // of which most may be collected

struct DocumentRun {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // 0: open, the latest document has the line
  bool has(std::uint32_t ordinal) const { return begin <= ordinal && (end == 0 || ordinal < end); }
};

struct SearchLine {
  std::vector<DocumentRun> runs;  // ascending
  std::string_view text;
  bool is_of(std::uint32_t ordinal) const;
  bool open() const { return !runs.empty() && runs.back().end == 0; }
};

// Texts point into the page.
class SearchPage {
 public:
  enum class Keep { kNothing, kRow };
  explicit SearchPage(std::string_view value, Keep keep = Keep::kNothing);
  SearchPage(const SearchPage&) = delete;
  SearchPage& operator=(const SearchPage&) = delete;
  const std::vector<SearchLine>& lines() const { return lines_; }
  std::string_view row() const { return row_; }  // if it was kept
  std::size_t bytes() const;                     // about what it takes in memory

 private:
  std::string row_, text_;
  std::vector<SearchLine> lines_;
};

std::string encode_search_page(const SearchLine* lines, std::size_t count);

}  // namespace metaset::store
