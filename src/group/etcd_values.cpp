// The small values of etcd.h.
#include <algorithm>
#include <utility>

#include "metaset/group/etcd.h"
#include "metaset/net/http_client.h"

#include "group/etcd_endpoint.h"

namespace metaset::group {

std::string checked_endpoint(std::string_view text) {
  std::string url;
  try {
    url = net::checked_base_url(text);
  } catch (const Error&) {
  }
  if (url.empty() || net::url_without_secrets(url) != url) {
    throw Error(Code::kInvalid, "'" + net::url_without_secrets(text) +
                                    "' is not the URL of a member of etcd: http://HOST:PORT and "
                                    "https://HOST:PORT are; user and password have own options");
  }
  return url;
}

std::vector<std::string> etcd_endpoints(std::string_view list) {
  std::vector<std::string> endpoints;
  while (true) {
    const std::size_t comma = std::min(list.find(','), list.size());
    endpoints.push_back(checked_endpoint(list.substr(0, comma)));
    if (comma == list.size()) return endpoints;
    list.remove_prefix(comma + 1);
  }
}

EtcdKeys EtcdKeys::prefix(std::string_view prefix) {
  const std::string null(1, '\0');  // as an end: to the last key
  std::string end(prefix);
  while (end.ends_with('\xff')) end.pop_back();
  if (end.empty()) {
    end = null;
  } else {
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  }
  return {prefix.empty() ? null : std::string(prefix), std::move(end)};
}

const EtcdRecord* EtcdRecords::find(std::string_view key) const {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const EtcdRecord& record) { return record.key == key; });
  return found == records.end() ? nullptr : &*found;
}

EtcdCompare EtcdCompare::mod_revision(EtcdKeys keys, EtcdRelation relation, std::int64_t revision) {
  return {std::move(keys), Target::kModRevision, relation, revision, {}};
}
EtcdCompare EtcdCompare::create_revision(EtcdKeys keys, EtcdRelation relation,
                                         std::int64_t revision) {
  return {std::move(keys), Target::kCreateRevision, relation, revision, {}};
}
EtcdCompare EtcdCompare::version(EtcdKeys keys, EtcdRelation relation, std::int64_t version) {
  return {std::move(keys), Target::kVersion, relation, version, {}};
}
EtcdCompare EtcdCompare::lease(EtcdKeys keys, EtcdRelation relation, std::int64_t lease) {
  return {std::move(keys), Target::kLease, relation, lease, {}};
}
EtcdCompare EtcdCompare::value_is(EtcdKeys keys, EtcdRelation relation, std::string value) {
  return {std::move(keys), Target::kValue, relation, 0, std::move(value)};
}
EtcdCompare EtcdCompare::exists(std::string key) {
  return version(EtcdKeys::one(std::move(key)), EtcdRelation::kGreater, 0);
}
EtcdCompare EtcdCompare::absent(std::string key) {
  return version(EtcdKeys::one(std::move(key)), EtcdRelation::kEqual, 0);
}

EtcdOperation EtcdOperation::put(std::string key, std::string value, std::int64_t lease) {
  return {Kind::kPut, EtcdKeys::one(std::move(key)), std::move(value), lease};
}
EtcdOperation EtcdOperation::del(EtcdKeys keys) { return {Kind::kDelete, std::move(keys), {}, 0}; }
EtcdOperation EtcdOperation::range(EtcdKeys keys) { return {Kind::kRange, std::move(keys), {}, 0}; }

}  // namespace metaset::group
