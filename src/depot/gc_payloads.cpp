// Collection: payloads and links of publishers that nothing refers to.
#include <algorithm>
#include <chrono>
#include <thread>
#include <tuple>

#include "metaset/base/file.h"
#include "metaset/store/layout.h"
#include "metaset/store/payload_lock.h"

#include "depot/gc_references.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kPayloadsAtOnce = 256;  // deleted while those who publish from files wait
constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::seconds kPatience{60};  // with a command that is publishing

struct Candidate {
  std::string name, publisher;  // without publisher: the payload itself
  PublisherSet publishers = 0;
  std::uint64_t bytes = 0;
};

// Names below a directory of the form XX/HASH.
template <typename Visit>
void for_each_name(const std::string& top, const Visit& visit) {
  for (const std::string& sub : list_directory(top)) {
    if (sub.size() != 2) continue;
    for (const std::string& name : list_directory(join_path(top, sub))) {
      if (store::is_payload_name(name)) visit(name);
    }
  }
}

class Sweep {
 public:
  Sweep(GcContext& context, NeededManifests& manifests)
      : context_(context), references_(context, manifests) {}

  void find() {
    references_.update();
    find_links();
    const std::string top = store::payload_directory(context_.repository.root());
    for_each_name(top, [&](const std::string& name) {
      if (!references_.is_unneeded(name, kAllPublishers)) return;
      const auto bytes = context_.repository.payloads().csize(name);
      candidates_.push_back({name, {}, kAllPublishers, bytes.value_or(0)});
    });
  }

  void run() {
    // What has one name together, links before what they link to: what a crash leaves is found
    // again.
    std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
      return std::tie(a.name, b.publisher) < std::tie(b.name, a.publisher);
    });
    for (std::size_t begin = 0; begin < candidates_.size();) {
      const std::size_t end = end_of_slice(begin);
      if (!delete_some(begin, end)) {
        for (std::size_t i = begin; i < candidates_.size(); ++i) spare(candidates_[i]);
        return;
      }
      context_.tell("payloads", end, candidates_.size(), context_.report.payloads.bytes);
      begin = end;
    }
  }

 private:
  void find_links() {
    const lmdb::Env& env = std::as_const(context_.repository).committed();
    const lmdb::ReadTxn txn(env);
    const store::View view(env, txn, store::View::latest_number(env, txn));
    const std::string top = store::publishers_directory(context_.repository.root());
    for (const std::string& prefix : list_directory(top)) {
      if (prefix.starts_with('.')) continue;
      // One that is only staged yet, if it is one at all: any package counts.
      const auto publisher = view.publisher(prefix);
      const PublisherSet set = publisher ? set_of(publisher->id) : kAllPublishers;
      for_each_name(join_path(join_path(top, prefix), "file"), [&](const std::string& name) {
        if (references_.is_unneeded(name, set)) candidates_.push_back({name, prefix, set, 0});
      });
    }
  }

  std::size_t end_of_name(std::size_t begin) const {
    std::size_t end = begin + 1;
    while (end < candidates_.size() && candidates_[end].name == candidates_[begin].name) ++end;
    return end;
  }
  std::size_t end_of_slice(std::size_t begin) const {
    std::size_t end = begin;
    while (end < candidates_.size() && end - begin < kPayloadsAtOnce) end = end_of_name(end);
    return end;
  }

  // False if others do not let go of payloads for so long that the rest has to wait.
  bool delete_some(std::size_t begin, std::size_t end) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      std::optional<store::PayloadCollection> collection;
      if (!context_.options.dry_run) {
        collection = store::PayloadCollection::begin(context_.repository.root());
      }
      if (collection || context_.options.dry_run) {
        references_.update();
        for (; begin < end; begin = end_of_name(begin)) delete_name(begin, end_of_name(begin));
        return true;
      }
      if (std::chrono::steady_clock::now() >= deadline) return false;
      context_.tell("waiting for others", begin, candidates_.size(),
                    context_.report.payloads.bytes);
      std::this_thread::sleep_for(kPause);
    }
  }

  // Whether somebody counts on it is told by the file, which notices when a link goes.
  void delete_name(std::size_t begin, std::size_t end) {
    const bool counts = references_.may_be_counted_on(candidates_[begin].name);
    for (std::size_t i = begin; i < end; ++i) {
      const Candidate& candidate = candidates_[i];
      if (!references_.is_unneeded(candidate.name, candidate.publishers)) continue;
      if (counts) {
        spare(candidate);
        continue;
      }
      if (!context_.options.dry_run) {
        remove_file(context_.repository.payloads().path(candidate.name, candidate.publisher));
      }
      take(candidate);
    }
  }

  void take(const Candidate& candidate) {
    if (!candidate.publisher.empty()) {
      ++context_.report.links;
      return;
    }
    ++context_.report.payloads.count;
    context_.report.payloads.bytes += candidate.bytes;
  }
  void spare(const Candidate& candidate) {
    if (!candidate.publisher.empty()) return;
    ++context_.report.spared.count;
    context_.report.spared.bytes += candidate.bytes;
  }

  GcContext& context_;
  PayloadReferences references_;
  std::vector<Candidate> candidates_;
};

}  // namespace

void collect_payloads(GcContext& context, NeededManifests& needed) {
  Sweep sweep(context, needed);
  sweep.find();
  sweep.run();
}

}  // namespace metaset::depot
