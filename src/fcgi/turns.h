// How many threads of a worker take requests at the same moment, for this directory.
//
// To wake another thread for each request costs more than most requests do. So only as many threads
// as there are processors have a turn: they wait for requests and answer one after the other. The
// rest is parked. Who has a turn and is still busy with the same request a tick later gives it to a
// parked one, and so does at once who begins to wait for something: a slow request delays others by
// two ticks at most. Thread-safety: any thread, unless said otherwise.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace metaset::fcgi {

class Turns {
 public:
  static constexpr std::chrono::milliseconds kTick{1};

  // That of one thread, which alone calls these. Its turn is free again when it is destroyed. The
  // turns must outlive it.
  class Place {
   public:
    explicit Place(Turns& turns);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Waits for a turn if it has none; false if there is none within `limit` (negative: no limit).
    // Once the turns are closed everyone has one.
    bool take(std::chrono::milliseconds limit);
    // A request begins and ends. In between the turn can go to another thread.
    void begin();
    void end();
    // Between those: gives the turn away now.
    void pass();
    // Outside of those: gives the turn away, if it has one.
    void give();

   private:
    friend class Turns;
    // kIdle, kBusy or kLost, above that the count of requests.
    std::atomic<std::uint64_t> state_ = 0;
    std::uint64_t seen_ = 0;  // the state at the last tick; the lock of the turns
    bool has_turn_ = false;   // changed under the lock; by other threads only while it is parked
    std::condition_variable given_;
    Turns& turns_;
  };

  // A request, as long as it exists.
  class Busy {
   public:
    explicit Busy(Place& place) : place_(place) { place_.begin(); }
    ~Busy() { place_.end(); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Place& place_;
  };

  // As many at the same moment, at least 1.
  explicit Turns(unsigned count);
  ~Turns();
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // The thread that looks after the busy ones starts; kInternal and such if it cannot. Before that,
  // turns are only given away by pass().
  void start();
  // What that thread does at each tick: for tests, which cannot rely on clocks.
  void look();
  // Whether anybody waits for a turn.
  bool wanted();
  // Everyone gets a turn, now and from now on.
  void close();

 private:
  void watch();
  bool tick();  // the lock is held
  void wake_watcher();
  void hand_over();  // the lock is held
  bool park(Place& place, std::chrono::milliseconds limit);

  std::mutex mutex_;  // of the next six
  unsigned free_;
  bool closed_ = false;
  bool ended_ = false;
  bool alarm_ = false;
  std::list<Place*> places_;
  std::vector<Place*> parked_;        // the last one is the next to get a turn: its caches are warm
  std::atomic<bool> dozing_ = false;  // of the watcher, until something happens
  std::condition_variable alarmed_;
  std::thread watcher_;
};

}  // namespace metaset::fcgi
