// One netlink socket: options, send, receive, multicast groups. Knows nothing of what the messages say, nor of JavaScript.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace hostward {

using Bytes = std::vector<uint8_t>;

// A system call that failed. `syscall` is a string literal; `number` is 0 when nothing failed.
struct Failure {
  const char* syscall = "";
  int number = 0;
  explicit operator bool() const { return number != 0; }
};

struct Buffers {
  int receive = 0;  // bytes; 0 leaves the system's default
  int send = 0;
};

enum class Receipt {
  kDatagram,   // one datagram from the kernel
  kEmpty,      // nothing queued
  kOverflow,   // ENOBUFS: the kernel dropped messages for us
  kTruncated,  // a datagram was larger than the room for it and is lost; the room has grown
  kFailed,
};

class Socket {
 public:
  Socket() = default;
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Failure Open(int protocol, Buffers buffers);
  void Close();
  Failure Join(uint32_t group);
  Failure Leave(uint32_t group);
  // One sendmsg of all bytes; grows the send buffer first where that is allowed.
  Failure Send(std::span<const uint8_t> bytes);
  // Never waits. `datagram` stays valid until the next call.
  Receipt Receive(std::span<const uint8_t>& datagram, Failure& failure);

  int descriptor() const { return descriptor_; }
  uint32_t port_id() const { return port_id_; }
  // Held for one exchange: a request and all of its replies.
  std::mutex& exchange_mutex() { return exchange_mutex_; }

 private:
  void Enable(int option);
  void Grow(int forced, int plain, int bytes);

  int descriptor_ = -1;
  uint32_t port_id_ = 0;
  Bytes room_;
  std::mutex exchange_mutex_;
};

}  // namespace hostward
