// Sends and then drains the socket until nothing is queued. Draining to the end keeps the socket clean for the next exchange and sees every
// reply to a refused batch: one for each bad message, and the acknowledgement that was asked for although nothing was committed.

#include "exchange.h"

namespace hostward {

namespace {

void Take(const nlmsghdr* header, uint32_t awaited, Exchange& exchange) {
  if (header->nlmsg_flags & NLM_F_DUMP_INTR) exchange.interrupted = true;
  switch (header->nlmsg_type) {
    case NLMSG_NOOP:
      return;
    case NLMSG_OVERRUN:
      exchange.overflowed = true;
      return;
    case NLMSG_ERROR:
    case NLMSG_DONE: {
      if (header->nlmsg_type == NLMSG_DONE) exchange.done = true;
      Reply reply = ReadReply(header);
      if (reply.sequence == awaited) exchange.acknowledged = true;
      if (reply.error != 0) exchange.refusals.push_back(std::move(reply));
      return;
    }
    default: {
      const auto* start = reinterpret_cast<const uint8_t*>(header);
      exchange.messages.insert(exchange.messages.end(), start, start + header->nlmsg_len);
      exchange.messages.resize(NLMSG_ALIGN(exchange.messages.size()));
    }
  }
}

void Split(std::span<const uint8_t> datagram, uint32_t awaited, Exchange& exchange) {
  int left = static_cast<int>(datagram.size());
  auto* header = reinterpret_cast<const nlmsghdr*>(datagram.data());
  while (NLMSG_OK(header, left)) {
    Take(header, awaited, exchange);
    // The last message of a datagram may lack its padding, which would take `left` below zero.
    const int step = static_cast<int>(NLMSG_ALIGN(header->nlmsg_len));
    if (step >= left) return;
    left -= step;
    header = reinterpret_cast<const nlmsghdr*>(reinterpret_cast<const uint8_t*>(header) + step);
  }
}

void Drain(Socket& socket, uint32_t awaited, Exchange& exchange) {
  while (true) {
    std::span<const uint8_t> datagram;
    switch (socket.Receive(datagram, exchange.failure)) {
      case Receipt::kDatagram:
        Split(datagram, awaited, exchange);
        break;
      case Receipt::kOverflow:
      case Receipt::kTruncated:
        exchange.overflowed = true;
        break;
      case Receipt::kEmpty:
      case Receipt::kFailed:
        return;
    }
  }
}

void SendAndDrain(Socket& socket, std::span<const uint8_t> bytes, uint32_t awaited, Exchange& exchange) {
  const auto start = std::chrono::steady_clock::now();
  exchange.failure = socket.Send(bytes);
  exchange.send_microseconds = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  if (!exchange.failure) Drain(socket, awaited, exchange);
}

}  // namespace

Exchange Transact(Socket& socket, std::span<const uint8_t> bytes, uint32_t awaited) {
  const std::lock_guard lock(socket.exchange_mutex());
  Exchange exchange;
  SendAndDrain(socket, bytes, awaited, exchange);
  return exchange;
}

Exchange Dump(Socket& socket, std::span<const uint8_t> request) {
  const std::lock_guard lock(socket.exchange_mutex());
  const auto deadline = std::chrono::steady_clock::now() + kDumpPatience;
  while (true) {
    Exchange exchange;
    SendAndDrain(socket, request, 0, exchange);
    const bool incomplete = exchange.interrupted || exchange.overflowed;
    const bool refused = exchange.failure || !exchange.refusals.empty();
    if (!incomplete || refused || std::chrono::steady_clock::now() >= deadline) return exchange;
  }
}

}  // namespace hostward
