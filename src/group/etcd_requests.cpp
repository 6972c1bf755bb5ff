#include <array>
#include <chrono>

#include <fmt/format.h>

#include "metaset/base/base64.h"
#include "metaset/base/json.h"

#include "group/etcd_json.h"

namespace metaset::group {
namespace {

// Writes the members of an object one after another.
class ObjectWriter {
 public:
  ObjectWriter& text(std::string_view name, std::string_view value) {
    return raw(name, json_string(value));
  }
  ObjectWriter& bytes(std::string_view name, std::string_view value) {
    return raw(name, '"' + encode_base64(value) + '"');
  }
  ObjectWriter& number(std::string_view name, std::int64_t value) {
    return raw(name, fmt::format("\"{}\"", value));
  }
  ObjectWriter& raw(std::string_view name, std::string_view json) {
    out_ += out_.size() == 1 ? "" : ",";
    out_ += fmt::format("\"{}\":", name);
    out_ += json;
    return *this;
  }
  ObjectWriter& keys(const EtcdKeys& keys) {
    bytes("key", keys.key);
    return keys.end.empty() ? *this : bytes("range_end", keys.end);
  }
  std::string end() { return std::move(out_ += '}'); }

 private:
  std::string out_ = "{";
};

template <typename Value, typename Print>
std::string array_of(const std::vector<Value>& values, Print print) {
  std::string out = "[";
  for (const Value& value : values) {
    if (out.size() > 1) out += ',';
    out += print(value);
  }
  return out += ']';
}

struct TargetNames {
  std::string_view target, field;
};
TargetNames target_names(EtcdCompare::Target target) {
  using Target = EtcdCompare::Target;
  switch (target) {
    case Target::kModRevision:
      return {"MOD", "mod_revision"};
    case Target::kCreateRevision:
      return {"CREATE", "create_revision"};
    case Target::kVersion:
      return {"VERSION", "version"};
    case Target::kLease:
      return {"LEASE", "lease"};
    case Target::kValue:
      break;
  }
  return {"VALUE", "value"};
}
std::string_view relation_name(EtcdRelation relation) {
  switch (relation) {
    case EtcdRelation::kEqual:
      return "EQUAL";
    case EtcdRelation::kLess:
      return "LESS";
    case EtcdRelation::kGreater:
      return "GREATER";
    case EtcdRelation::kNotEqual:
      break;
  }
  return "NOT_EQUAL";
}

std::string compare_json(const EtcdCompare& compare) {
  const TargetNames names = target_names(compare.target);
  ObjectWriter out;
  out.keys(compare.keys).text("target", names.target);
  out.text("result", relation_name(compare.relation));
  if (compare.target == EtcdCompare::Target::kValue) {
    out.bytes(names.field, compare.value);
  } else {
    out.number(names.field, compare.number);
  }
  return out.end();
}

std::string operation_json(const EtcdOperation& operation) {
  switch (operation.kind) {
    case EtcdOperation::Kind::kPut:
      return ObjectWriter()
          .raw("request_put",
               etcd_put_request(operation.keys.key, operation.value, operation.lease))
          .end();
    case EtcdOperation::Kind::kDelete:
      return ObjectWriter().raw("request_delete_range", etcd_delete_request(operation.keys)).end();
    case EtcdOperation::Kind::kRange:
      break;
  }
  return ObjectWriter().raw("request_range", etcd_range_request(operation.keys, false)).end();
}

}  // namespace

std::string etcd_range_request(const EtcdKeys& keys, bool local) {
  ObjectWriter out;
  out.keys(keys);
  if (local) out.raw("serializable", "true");
  return out.end();
}

std::string etcd_put_request(std::string_view key, std::string_view value, std::int64_t lease) {
  ObjectWriter out;
  out.bytes("key", key).bytes("value", value);
  if (lease != 0) out.number("lease", lease);
  return out.end();
}

std::string etcd_delete_request(const EtcdKeys& keys) { return ObjectWriter().keys(keys).end(); }

std::string etcd_txn_request(const EtcdTxn& txn) {
  return ObjectWriter()
      .raw("compare", array_of(txn.compares, compare_json))
      .raw("success", array_of(txn.then, operation_json))
      .raw("failure", array_of(txn.otherwise, operation_json))
      .end();
}

std::string etcd_grant_request(std::chrono::seconds ttl) {
  return ObjectWriter().number("TTL", ttl.count()).end();
}
std::string etcd_lease_request(std::int64_t id) { return ObjectWriter().number("ID", id).end(); }

std::string etcd_compact_request(std::int64_t revision) {
  return ObjectWriter().number("revision", revision).end();
}

std::string etcd_watch_request(const EtcdKeys& keys, std::int64_t from) {
  ObjectWriter create;
  create.keys(keys);
  if (from != 0) create.number("start_revision", from);
  return ObjectWriter().raw("create_request", create.end()).end();
}

std::string etcd_login_request(std::string_view user, std::string_view password) {
  return ObjectWriter().text("name", user).text("password", password).end();
}

}  // namespace metaset::group
