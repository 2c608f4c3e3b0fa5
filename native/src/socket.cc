// Opens, configures and uses one netlink socket. Nothing here waits: both netfilter and rtnetlink answer inside sendmsg or recvmsg
// (nfnetlink_rcv_batch, netlink_dump), so a reply that is not queued when those return does not come.

#include "socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hostward {

namespace {

// netlink_sendmsg refuses a message longer than the send buffer minus 32 bytes.
constexpr size_t kSendOverhead = 32;
constexpr int kLargestBuffer = 1 << 30;
// A dump fills at most 32 KiB a datagram (netlink_dump); single replies and notifications are smaller.
constexpr size_t kReceiveRoom = 64 * 1024;

}  // namespace

Socket::~Socket() { Close(); }

void Socket::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

Failure Socket::Open(int protocol, Buffers buffers) {
  descriptor_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (descriptor_ < 0) return {"socket", errno};
  if (buffers.receive > 0) Grow(SO_RCVBUFFORCE, SO_RCVBUF, buffers.receive);
  if (buffers.send > 0) Grow(SO_SNDBUFFORCE, SO_SNDBUF, buffers.send);
  Enable(NETLINK_EXT_ACK);
  Enable(NETLINK_CAP_ACK);
  if (protocol == NETLINK_ROUTE) Enable(NETLINK_GET_STRICT_CHK);

  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return {"bind", errno};
  socklen_t length = sizeof address;
  if (getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length) < 0) return {"getsockname", errno};
  port_id_ = address.nl_pid;
  room_.resize(kReceiveRoom);
  return {};
}

Failure Socket::Join(uint32_t group) {
  if (setsockopt(descriptor_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) return {"setsockopt", errno};
  return {};
}

Failure Socket::Leave(uint32_t group) {
  if (setsockopt(descriptor_, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof group) < 0) return {"setsockopt", errno};
  return {};
}

// An older kernel that lacks the option answers with less detail, which every reader of the answer allows for.
void Socket::Enable(int option) {
  int on = 1;
  setsockopt(descriptor_, SOL_NETLINK, option, &on, sizeof on);
}

// The forced form needs CAP_NET_ADMIN; the plain one is cut to net.core.{r,w}mem_max, silently. The kernel doubles the value.
void Socket::Grow(int forced, int plain, int bytes) {
  if (setsockopt(descriptor_, SOL_SOCKET, forced, &bytes, sizeof bytes) < 0) {
    setsockopt(descriptor_, SOL_SOCKET, plain, &bytes, sizeof bytes);
  }
}

Failure Socket::Send(std::span<const uint8_t> bytes) {
  const size_t needed = bytes.size() + kSendOverhead;
  int room = 0;
  socklen_t length = sizeof room;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &room, &length) < 0) return {"getsockopt", errno};
  if (static_cast<size_t>(room) < needed) {
    Grow(SO_SNDBUFFORCE, SO_SNDBUF, static_cast<int>(std::min<size_t>(needed, kLargestBuffer)));
  }

  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_name = &kernel;
  message.msg_namelen = sizeof kernel;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t sent;
  do {
    sent = sendmsg(descriptor_, &message, 0);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? Failure{"sendmsg", errno} : Failure{};
}

Receipt Socket::Receive(std::span<const uint8_t>& datagram, Failure& failure) {
  while (true) {
    sockaddr_nl sender{};
    iovec part{room_.data(), room_.size()};
    msghdr message{};
    message.msg_name = &sender;
    message.msg_namelen = sizeof sender;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t received = recvmsg(descriptor_, &message, MSG_DONTWAIT | MSG_TRUNC);
    if (received < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return Receipt::kEmpty;
      if (errno == ENOBUFS) return Receipt::kOverflow;
      failure = {"recvmsg", errno};
      return Receipt::kFailed;
    }
    if (sender.nl_pid != 0) continue;  // another process may write to our port; only the kernel is believed
    const auto size = static_cast<size_t>(received);
    if (size > room_.size()) {
      room_.resize(size);
      return Receipt::kTruncated;
    }
    datagram = {room_.data(), size};
    return Receipt::kDatagram;
  }
}

}  // namespace hostward
