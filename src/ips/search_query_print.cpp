#include "metaset/ips/search_query.h"

namespace metaset::ips {
namespace {

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (c == ':') out += '\\';
    out += c;
  }
}

void append_term(const SearchTerm& term, std::string& out) {
  // A package name that was behind other fields may begin with what cannot begin a word; "p<" and
  // its like end in one of these too. More than three colons say the same.
  if (std::string_view(term.package).substr(0, 5).find_first_of("'\"(<>") != std::string::npos) {
    out += ':';
  }
  for (const std::string* field : {&term.package, &term.type, &term.key}) {
    append_escaped(*field, out);
    out += ':';
  }
  // Behind the last colon of a word begins its text, which a colon in the phrase would hide.
  if (term.phrase && term.text.find(':') != std::string::npos) out += ' ';
  if (term.phrase) out += '\'';
  append_escaped(term.text, out);
  if (term.phrase) out += '\'';
}

void append_node(const SearchNode& node, std::string& out) {
  switch (node.kind) {
    case SearchNode::Kind::kTerm:
      return append_term(node.term, out);
    case SearchNode::Kind::kPackages:
      out += "p<";
      append_node(node.children.front(), out);
      out += '>';
      return;
    case SearchNode::Kind::kAnd:
    case SearchNode::Kind::kOr:
      out += '(';
      append_node(node.children.front(), out);
      out += node.kind == SearchNode::Kind::kAnd ? " AND " : " OR ";
      append_node(node.children.back(), out);
      out += ')';
  }
}

}  // namespace

std::string SearchNode::text() const {
  std::string out;
  append_node(*this, out);
  return out;
}

bool SearchNode::gives_packages() const {
  if (kind == Kind::kPackages) return true;
  return kind != Kind::kTerm && children.front().gives_packages();
}

}  // namespace metaset::ips
