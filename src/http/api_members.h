// JSON in and out of api/1, for this directory. Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/http/exchange.h"

namespace metaset::http {

// The members of a request's object, each asked for by its name; what nobody asked for is an error.
// Errors: kInvalid naming the member, kLimit for a body of more than 1 MiB.
class ApiMembers {
 public:
  explicit ApiMembers(Exchange& exchange);
  // Missing: false, "", none.
  bool flag(const char* name);
  std::string text(const char* name);
  std::vector<std::string> texts(const char* name);
  // "metaset", which has to be there: a number, or the name of one.
  std::string metaset();
  // Nothing else may be there.
  void finish() const;

 private:
  const rapidjson::Value* find(const char* name);

  rapidjson::Document object_;
  std::set<std::string> known_;
};

void answer_json(Exchange& exchange, const rapidjson::Value& value);

}  // namespace metaset::http
