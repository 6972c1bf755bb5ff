#include "metaset/store/metaset_transfer.h"

#include <memory>
#include <set>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/metaset_digest.h"
#include "metaset/store/metaset_writer.h"

#include "codec.h"
#include "store/metaset_changes.h"
#include "store/transfer_reader.h"

namespace metaset::store {

namespace {

// Encodes publishers, and notes which texts their rows need.
class TransferWriter {
 public:
  explicit TransferWriter(const View& view) : view_(view) {}

  std::string write() {
    for_each_publisher_rows(view_, [&](const PublisherRows& rows) {
      if (!rows.any()) return;
      ++count_;
      publisher(rows);
    });
    Encoder out;
    out.text(kTransferFormat).text(view_.record().encode()).u64(texts_.size());
    for (const TextId& id : texts_) {
      const std::string_view text = view_.text(id);
      require_size(out.size() + text.size());
      out.text(text);
    }
    out.u64(count_).append(publishers_.take());
    option(out, config_row(view_, 0));
    require_size(out.size());
    return out.take();
  }

 private:
  static void option(Encoder& out, std::optional<std::string_view> bytes) {
    out.boolean(bytes.has_value());
    if (bytes) out.text(*bytes);
  }

  void publisher(const PublisherRows& rows) {
    publishers_.u64(rows.id).text(rows.prefix).boolean(rows.is_new);
    option(publishers_, rows.config);
    publishers_.boolean(rows.state.has_value());
    if (!rows.state) return;
    publishers_.u64(rows.end - rows.first);
    for (std::uint64_t sequence = rows.first; sequence < rows.end; ++sequence) {
      operation(operation_row(view_, rows.id, sequence), sequence);
    }
    publishers_.text(*rows.state);
  }

  void operation(const OperationRow& row, std::uint64_t sequence) {
    publishers_.text(row.bytes);
    const bool made_here = row.operation.entry == sequence;
    publishers_.boolean(made_here);
    if (!made_here) return;
    publishers_.text(row.entry.encode());
    if (row.entry.dependency) texts_.insert(*row.entry.dependency);
    for (const LocaleText& summary : row.entry.summary) texts_.insert(summary.text);
    require_size(publishers_.size());
  }

  void require_size(std::size_t size) const {
    if (size <= kMaxTransferRecord) return;
    throw Error(Code::kLimit,
                fmt::format("metaset {} changed too much to be transferred: more than {} bytes",
                            view_.number(), kMaxTransferRecord));
  }

  const View& view_;
  Encoder publishers_;
  std::uint64_t count_ = 0;
  std::set<TextId> texts_;
};

// Writes what a record holds.
class TransferReplay : public TransferHandler {
 public:
  TransferReplay(lmdb::Env& env, lmdb::WriteTxn& txn, bool activate)
      : env_(env), txn_(txn), activate_(activate) {}

  void metaset(const MetasetRecord& record) override {
    const MetasetNumber latest = View::latest_number(env_, txn_);
    if (record.number != latest + 1) {
      throw Error(Code::kConflict, fmt::format("the latest metaset is {}, so {} cannot be the next",
                                               latest, record.number));
    }
    writer_ = std::make_unique<MetasetWriter>(
        env_, txn_, MetasetWriter::Options{record.who, record.message, record.time, activate_});
  }
  void text(std::string_view text) override { writer_->put_text(text); }
  void publisher(PublisherId id, std::string_view prefix, bool is_new) override {
    id_ = id;
    const bool known = writer_->view().publisher(prefix).has_value();
    if (known == is_new || writer_->publisher(prefix) != id) {
      throw Error(Code::kCorrupt,
                  fmt::format("publisher {} of the record is another one than here", prefix));
    }
    next_ = is_new ? 0 : writer_->view().at(writer_->number() - 1).state(id).next_sequence;
  }
  void config(PublisherId scope, std::string_view json) override {
    writer_->take_config(scope, json);
  }
  void operation(const OperationRecord& operation, const PackageEntry* row) override {
    repeat(operation, row);
    // The digest is one of what was written, so the record is to say the same.
    const auto written = txn_.get(env_.table(kOperations), pair_key(id_, next_++));
    if (written != operation.encode()) {
      throw Error(Code::kCorrupt, fmt::format("its operation on {}@{} is not what it leads to",
                                              operation.name, operation.version));
    }
  }
  void state(const PublisherState& state) override { writer_->take_state(id_, state); }

  const MetasetRecord& finish(const MetasetRecord& announced) {
    if (!writer_->finish() || writer_->record().encode() != announced.encode()) {
      throw Error(Code::kCorrupt, "what it changes does not have the digests that it announces");
    }
    return writer_->record();
  }

 private:
  void repeat(const OperationRecord& operation, const PackageEntry* row) {
    const OperationTime when{operation.time, operation.logged};
    if (row == nullptr) {
      writer_->remove(id_, operation.name, ips::Version::parse(operation.version), when);
      return;
    }
    // They must be there.
    if (row->dependency) writer_->view().text(*row->dependency);
    for (const LocaleText& summary : row->summary) writer_->view().text(summary.text);
    if (operation.add) {
      writer_->add_again(id_, operation.name, *row, when);
    } else {
      writer_->remove_unknown(id_, operation.name, *row, when);
    }
  }

  lmdb::Env& env_;
  lmdb::WriteTxn& txn_;
  bool activate_;
  std::unique_ptr<MetasetWriter> writer_;
  PublisherId id_ = 0;
  std::uint64_t next_ = 0;  // operation
};

class TransferCheck : public TransferHandler {
 public:
  explicit TransferCheck(const TransferVisitor& visit) : visit_(visit) {}
  void publisher(PublisherId, std::string_view prefix, bool) override { prefix_ = prefix; }
  void operation(const OperationRecord& operation, const PackageEntry* row) override {
    if (visit_) visit_(prefix_, operation, row);
  }

 private:
  const TransferVisitor& visit_;
  std::string_view prefix_;
};

}  // namespace

std::string transfer_record(const View& view) { return TransferWriter(view).write(); }

MetasetRecord check_transfer(std::string_view record, const TransferVisitor& visit) {
  TransferCheck check(visit);
  return read_transfer(record, check);
}

bool is_next_in_chain(const MetasetRecord& announced, const Sha256& parent_digest) {
  std::optional<MetasetRecord> parent;
  if (announced.number != 1) parent.emplace().digest = parent_digest;
  return chain_digest(announced, parent) == announced.digest;
}

MetasetRecord apply_transfer(lmdb::Env& env, lmdb::WriteTxn& txn, std::string_view record,
                             bool activate) {
  TransferReplay replay(env, txn, activate);
  try {
    return replay.finish(read_transfer(record, replay));
  } catch (Error& error) {
    throw error.during("applying the record of a metaset");
  }
}

}  // namespace metaset::store
