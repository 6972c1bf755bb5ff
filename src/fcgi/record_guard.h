// Checks the bytes of a FastCGI connection before libfcgi gets them, for this directory.
//
// What a peer may send for one request (FastCGI specification 1.0, sections 3.3 to 5 and 8; the
// highest byte of a number comes first):
//
//   request    = *get-values begin *params params-end *stdin stdin-end
//   record     = version type id id length length padding-length reserved content padding
//                (8 bytes, then as many as `length` and `padding-length` say; the version is 1)
//   get-values = a record of type 9 and id 0, of kMaxGetValues bytes at most: *pair
//   begin      = a record of type 1, its id is the request's and not 0:
//                role role flags reserved*5; the role is 1 (responder)
//   params     = a record of type 4 and that id: a piece of *pair, cut anywhere, not empty
//   params-end = an empty one, where no pair is under way
//   stdin      = a record of type 5 and that id: a piece of the body, not empty
//   stdin-end  = an empty one
//   pair       = name-length value-length name value
//   (length)   = one byte below 128; or four, less the highest bit, which is set
//
// A web server may also give up a request (type 2): that ends the connection, and is no fault of
// its. Nothing comes after a request until it is answered: nobody here multiplexes. Neither begin
// nor params-end may have padding: libfcgi forgets that it is there, and would take it for records,
// which nobody looked at. (No web server pads them.)
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace metaset::fcgi {

// How many bytes of names and values a peer may send. Nothing is kept of them, and nothing is
// allocated. Thread-safety: one thread.
class PairGuard {
 public:
  // The web servers let a header of 48 KB (nginx/publish.conf) or fields of 16 KB
  // (apache/proxy-fcgi.conf) through, unless somebody allows more.
  static constexpr std::size_t kMaxPair = std::size_t{1} << 20;
  // Apache lets 1000 such fields through (apache/depot.conf), and the request line several times.
  // What libfcgi needs for a pair counts too: this much of empty ones would fill gigabytes.
  static constexpr std::size_t kMaxTotal = std::size_t{32} << 20;
  static constexpr std::size_t kPairCost = 64;

  // How many of the bytes are in order. Fewer than all: too_large() from now on.
  std::size_t take(std::span<const unsigned char> bytes) noexcept;
  bool too_large() const { return too_large_; }
  bool whole() const { return lengths_size_ == 0 && left_ == 0; }  // no pair is under way

 private:
  bool take_short_lengths(std::span<const unsigned char> bytes) noexcept;
  bool take_length_byte(unsigned char byte) noexcept;

  std::array<unsigned char, 8> lengths_{};
  std::size_t lengths_size_ = 0;  // of them are here
  std::size_t left_ = 0;          // of the name and the value
  std::size_t total_ = 0;
  bool too_large_ = false;
};

// Of one request. Thread-safety: one thread.
class RecordGuard {
 public:
  // Three names, each once. libfcgi's buffer for the answer has no room for more, and it does not
  // check.
  static constexpr std::size_t kMaxGetValues = 48;

  enum class Fault : unsigned char {
    kNone,
    kAborted,  // the request was given up
    kVersion,
    kType,     // no record of a responder's request
    kNotDue,   // not now
    kOtherId,  // of another request
    kLength,   // of a record that has a certain one
    kPadding,  // where none may be
    kRole,     // not a responder
    kBrokenPair,
    kTooLarge,
  };

  // How many of the bytes libfcgi may see: all, or those before the one which makes it a fault, or
  // those of the request, if it ends. However the bytes are cut, the sum is the same.
  std::size_t take(std::span<const unsigned char> bytes) noexcept;

  Fault fault() const { return fault_; }
  bool stopped() const { return fault_ != Fault::kNone || complete(); }
  // All of the request was there, and not a byte more, or nothing at all: what comes next over the
  // connection is the next request.
  bool between_requests() const;

 private:
  enum class Stage : unsigned char { kStart, kParams, kBody, kEnd };
  enum class Part : unsigned char { kHeader, kContent, kPadding };

  bool complete() const { return stage_ == Stage::kEnd && part_ == Part::kHeader; }
  std::size_t take_part(std::span<const unsigned char> bytes) noexcept;
  std::size_t take_header(std::span<const unsigned char> bytes) noexcept;
  std::size_t take_content(std::span<const unsigned char> bytes) noexcept;
  std::size_t take_begin(std::span<const unsigned char> bytes) noexcept;
  std::size_t take_pairs(std::span<const unsigned char> bytes) noexcept;
  Fault begin_record() noexcept;
  Fault begin_request() noexcept;
  Fault begin_piece(Stage due) noexcept;
  Fault begin_get_values() noexcept;
  std::size_t id() const { return header_[2] * 256U + header_[3]; }
  void next_part() noexcept;

  std::array<unsigned char, 8> header_{};
  std::size_t header_size_ = 0;  // of them are here
  std::size_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  std::size_t request_id_ = 0;
  PairGuard pairs_;
  Stage stage_ = Stage::kStart;
  Part part_ = Part::kHeader;
  Fault fault_ = Fault::kNone;
  bool more_came_ = false;
};

// For people.
std::string_view describe(RecordGuard::Fault fault);

}  // namespace metaset::fcgi
