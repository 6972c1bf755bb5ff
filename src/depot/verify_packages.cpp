// Verification: the package rows of a publisher, and how many packages each metaset shows.
#include <algorithm>

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

class Packages {
 public:
  Packages(VerifyContext& context, VerifiedPublisher& publisher,
           const OperationsSummary& operations)
      : context_(context), publisher_(publisher), operations_(operations) {}

  void row(std::string_view key, std::string_view value) {
    ++context_.report.package_versions;
    std::string name = "rows of packages of " + publisher_.prefix;
    try {
      const PackageKey parts = parse_package_key(key);
      name = context_.fmri(publisher_.id, parts.name, {});
      const auto entry = store::PackageEntry::decode(value);
      name = context_.fmri(publisher_.id, parts.name, entry.version);
      if (parts.name != name_) {
        finish_name();
        name_ = parts.name;
      }
      if (entry.removed_in != entry.added_in)
        visible_.emplace_back(entry.added_in, entry.removed_in);
      check(name, parts, entry);
    } catch (const std::exception& error) {
      context_.damage(publisher_, DamageKind::kPackage, name, reason_of(error));
    }
  }
  CountChanges finish() {
    finish_name();
    return std::move(counts_);
  }

 private:
  void check(const std::string& fmri, const PackageKey& key, const store::PackageEntry& entry) {
    check_operations(key, entry);
    if (entry.manifest == Sha256{} && entry.removed_in != entry.added_in) {
      throw Error(Code::kCorrupt, "it has no manifest");
    }
    if (entry.dependency) need_text(*entry.dependency, fmri);
    for (const store::LocaleText& summary : entry.summary) need_text(summary.text, fmri);
  }

  // The operations vouch for the numbers in the row; here is looked whether there are any.
  void check_operations(const PackageKey& key, const store::PackageEntry& entry) const {
    const std::string number = std::to_string(key.sequence);
    const auto value = context_.txn.get(context_.table(store::kOperations),
                                        store::pair_key(publisher_.id, key.sequence));
    // A missing or damaged operation was named already.
    if (!value && !publisher_.damaged) throw Error(Code::kCorrupt, "no operation " + number);
    if (value) {
      std::optional<store::OperationRecord> operation;
      try {
        operation = store::OperationRecord::decode(*value);
      } catch (const std::exception&) {
      }
      if (operation && (operation->entry != key.sequence || operation->name != key.name)) {
        throw Error(Code::kCorrupt, "operation " + number + " is that of another package");
      }
    }
    const auto& removed = operations_.removed_rows;
    if (entry.removed_in != 0 && !publisher_.damaged &&
        !std::binary_search(removed.begin(), removed.end(), key.sequence)) {
      throw Error(Code::kCorrupt, "its row says that metaset " + std::to_string(entry.removed_in) +
                                      " removed it, but there is no such operation");
    }
  }

  void need_text(const store::TextId& id, const std::string& fmri) {
    auto bad = context_.bad_texts.find(id);
    if (bad == context_.bad_texts.end()) {
      if (context_.txn.get(context_.table(store::kTexts), bytes_of(id))) return;
      const std::size_t number =
          context_.damage(DamageKind::kText, to_hex(id), "the text is missing");
      bad = context_.bad_texts.emplace(id, number).first;
    }
    context_.needed_by(bad->second, fmri);
    publisher_.damaged = true;
  }

  // The rows of a name give the times in which any version of it was visible.
  void finish_name() {
    std::sort(visible_.begin(), visible_.end());
    store::MetasetNumber open = 0, end = 0;  // the interval so far; end 0: for ever
    for (const auto& [added, removed] : visible_) {
      ++counts_.metasets[added].versions;
      if (removed != 0) --counts_.metasets[removed].versions;
      if (open == 0 || (end != 0 && added > end)) {
        if (open != 0) --counts_.metasets[end].packages;
        ++counts_.metasets[added].packages;
        open = added;
        end = removed;
      } else if (end != 0) {
        end = removed == 0 ? 0 : std::max(end, removed);
      }
    }
    if (open != 0 && end != 0) --counts_.metasets[end].packages;
    visible_.clear();
  }

  VerifyContext& context_;
  VerifiedPublisher& publisher_;
  const OperationsSummary& operations_;
  CountChanges counts_;
  std::string name_;
  std::vector<std::pair<store::MetasetNumber, store::MetasetNumber>> visible_;  // of name_
};

}  // namespace

CountChanges verify_packages(VerifyContext& context, VerifiedPublisher& publisher,
                             const OperationsSummary& operations, ProgressPhase& phase) {
  Packages packages(context, publisher, operations);
  lmdb::Cursor cursor(context.txn, context.table(store::kPackages));
  const std::string mine = store::u32_key(publisher.id);
  for (bool more = cursor.seek(mine); more && cursor.key().starts_with(mine);
       more = cursor.next()) {
    packages.row(cursor.key(), cursor.value());
    phase.step();
  }
  return packages.finish();
}

void verify_rows(VerifyContext& context) {
  ProgressPhase phase(context.callback, "packages",
                      context.txn.count(context.table(store::kOperations)) +
                          context.txn.count(context.table(store::kPackages)));
  for (VerifiedPublisher& publisher : context.publishers) {
    const OperationsSummary operations = verify_operations(context, publisher, phase);
    const CountChanges counts = verify_packages(context, publisher, operations, phase);
    verify_states(context, publisher, operations, counts);
  }
}

}  // namespace metaset::depot
