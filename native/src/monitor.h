// A thread that waits for multicast messages of one netlink socket and collects them for whoever takes them. Knows nothing of JavaScript.
#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "socket.h"

namespace hostward {

// What came since the last Take, in this order: messages, then `overflowed`, then `failure`. An overflow stands after the messages that came
// before and around it, so that a reader who then reads the whole state anew does not afterwards apply older messages on top.
struct Gathered {
  Bytes messages;
  bool overflowed = false;
  Failure failure;
  bool empty() const { return messages.empty() && !overflowed && !failure; }
};

class Monitor {
 public:
  Monitor() = default;
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  Failure Open(int protocol, int receive_buffer, const std::vector<uint32_t>& groups);
  // `wake` is called on the monitor's thread when something waits to be taken; not again before it was.
  Failure Start(std::function<void()> wake);
  // Leaving and joining again while the thread waits; what is queued stays queued.
  Failure Leave(uint32_t group) { return socket_.Leave(group); }
  Failure Join(uint32_t group) { return socket_.Join(group); }
  // Sends a request from the monitor's own socket: the answer comes among the messages, in its order.
  Failure Send(std::span<const uint8_t> bytes) { return socket_.Send(bytes); }
  uint32_t port_id() const { return socket_.port_id(); }
  // After it returns `wake` is never called again and the descriptors are closed; what was gathered can still be taken.
  // All of these are one thread's to call, Stop more than once and, but for Take, last.
  void Stop();
  Gathered Take();

 private:
  void Run();
  bool Ready();
  void Collect();
  void Signal();
  void CloseDescriptors();

  Socket socket_;
  int event_ = -1;
  std::thread thread_;
  std::function<void()> wake_;

  std::mutex mutex_;  // guards the rest
  Gathered gathered_;
  bool stopping_ = false;
};

}  // namespace hostward
