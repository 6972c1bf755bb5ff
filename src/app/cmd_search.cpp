// metaset search: what `pkg search -r` would find in this repository; metaset reindex.
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/search.h"
#include "metaset/store/search_writer.h"

#include "cli.h"
#include "open_view.h"
#include "text_table.h"

namespace metaset::app {

namespace {

struct SearchOptions {
  std::vector<std::string> words;
  std::string metaset;
  std::optional<std::string> publisher;
  std::optional<std::uint64_t> limit;
  std::uint64_t start = 0;
  unsigned seconds = 60;
  bool packages = false, case_sensitive = false, without_header = false;
};

ips::SearchRequest request_of(const SearchOptions& options) {
  ips::SearchRequest request;
  request.case_sensitive = options.case_sensitive;
  request.packages = options.packages;
  request.limit = options.limit;
  request.start = options.start;
  request.query = ips::parse_search(fmt::format("{}", fmt::join(options.words, " ")));
  if (options.packages) request.query = ips::as_packages(std::move(request.query));
  return request;
}

std::vector<store::Publisher> publishers_of(const store::View& view, const SearchOptions& options) {
  if (!options.publisher) return view.publishers();
  const auto one = view.publisher(*options.publisher);
  if (!one) throw Error(Code::kNotFound, "unknown publisher: " + *options.publisher);
  return {*one};
}

std::string key_value(std::string_view line) {
  const ips::Action action = ips::Action::parse(line);
  const auto* value = action.value(ips::key_attribute(action.type()));
  return value == nullptr ? std::string() : *value;
}

class SearchPrinter {
 public:
  SearchPrinter(const Globals& globals, const SearchOptions& options)
      : json_(globals.json), header_(!options.without_header) {}
  void add(const std::string& publisher, const depot::SearchResult& result) {
    ++count_;
    const std::string fmri = fmt::format("pkg:/{}@{}", result.name, result.version);
    if (json_) return add_json(publisher, fmri, result);
    if (std::exchange(header_, false)) {
      print(result.package ? "PACKAGE\n" : "INDEX\tACTION\tVALUE\tPACKAGE\n");
    }
    if (result.package) return print(fmri + "\n");
    const bool is_set = result.type == "set";
    print(fmt::format("{}\t{}\t{}\t{}\n", result.key, result.type,
                      is_set ? std::string(result.value) : key_value(result.line), fmri));
  }
  std::size_t finish() {
    if (json_) print_json(document_);
    return count_;
  }

 private:
  void add_json(const std::string& publisher, const std::string& fmri,
                const depot::SearchResult& result) {
    auto& allocator = document_.GetAllocator();
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("publisher", json_text(publisher, document_), allocator);
    item.AddMember("fmri", json_text(fmri, document_), allocator);
    if (!result.package) {
      item.AddMember("key", json_text(result.key, document_), allocator);
      item.AddMember("type", json_text(result.type, document_), allocator);
      item.AddMember("value", json_text(result.value, document_), allocator);
      item.AddMember("action", json_text(result.line, document_), allocator);
    }
    document_.PushBack(item, allocator);
  }
  bool json_, header_;
  std::size_t count_ = 0;
  rapidjson::Document document_{rapidjson::kArrayType};
};

void run_search(Globals& globals, const SearchOptions& options) {
  const OpenView open(globals, options.metaset);
  const ips::SearchRequest request = request_of(options);
  SearchPrinter printer(globals, options);
  for (const store::Publisher& publisher : publishers_of(open.view(), options)) {
    depot::search(open.view(), publisher.id, request,
                  {.time = std::chrono::seconds(options.seconds)},
                  [&](const depot::SearchResult& result) {
                    printer.add(publisher.prefix, result);
                    return true;
                  });
  }
  if (printer.finish() == 0) throw Error(Code::kNotFound, "nothing was found");
}

void run_reindex(const Globals& globals) {
  const auto repository = open_for_writing(globals);
  store::rebuild_search_index(repository->committed());
}

}  // namespace

void define_search(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "search", "find actions or packages", true);
  auto options = std::make_shared<SearchOptions>();
  command->add_option("--metaset", options->metaset, "as of this metaset, not of the active one")
      ->type_name("METASET");
  command->add_option("--publisher", options->publisher, "only packages of this publisher")
      ->type_name("PUBLISHER");
  command->add_flag("-p,--packages", options->packages, "packages, not the actions in them");
  command->add_flag("-I,--case-sensitive", options->case_sensitive, "mind upper and lower case");
  command->add_option("--limit", options->limit, "at most this many results of each publisher");
  command->add_option("--start", options->start, "skip this many results of each publisher");
  command->add_option("--seconds", options->seconds, "give up after this time")
      ->check(CLI::Range(1U, 86'400U));
  command->add_flag("-H,--no-header", options->without_header, "without the line of headings");
  command->add_option("query", options->words, "as pkg(1) search takes it")->required();
  command->callback([&globals, options] { run_search(globals, *options); });
}

void define_reindex(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "reindex", "make the search index anew", false);
  command->callback([&globals] { run_reindex(globals); });
}

}  // namespace metaset::app
