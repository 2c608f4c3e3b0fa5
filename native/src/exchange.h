// One request and everything the kernel answers to it.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "reply.h"
#include "socket.h"

namespace hostward {

struct Exchange {
  std::vector<Reply> refusals;    // replies with an error, in the kernel's order
  Bytes messages;                 // every other message, headers kept, concatenated
  bool acknowledged = false;      // a reply to the awaited sequence number came, error or not
  bool done = false;              // NLMSG_DONE came
  bool interrupted = false;       // NLM_F_DUMP_INTR: the dump is not one consistent state
  bool overflowed = false;        // replies were lost
  Failure failure;
  double send_microseconds = 0;   // inside sendmsg: parse, validate and commit
};

// Sends a batch (or one message) and drains the replies. `awaited` is the sequence number whose acknowledgement was asked for.
Exchange Transact(Socket& socket, std::span<const uint8_t> bytes, uint32_t awaited);

// Sends a dump request and reads to its end, again from the start while it is interrupted or incomplete, for kDumpPatience at most.
Exchange Dump(Socket& socket, std::span<const uint8_t> request);

// Changes that come faster than a dump takes can go on for long; this is many times the longest dump.
inline constexpr std::chrono::seconds kDumpPatience{2};

}  // namespace hostward
