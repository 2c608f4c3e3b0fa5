// The kernel's verdict on one message: an NLMSG_ERROR, or an NLMSG_DONE that carries an error, turned into plain data.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <string>

namespace hostward {

struct Reply {
  uint32_t sequence = 0;
  int error = 0;                       // positive errno, 0 for an acknowledgement
  std::optional<uint32_t> offset;      // NLMSGERR_ATTR_OFFS: of the attribute at fault, from the start of the refused message
  std::optional<std::string> message;  // NLMSGERR_ATTR_MSG
};

// `header` must be followed by header->nlmsg_len readable bytes; a message too short to judge reads as EBADMSG.
Reply ReadReply(const nlmsghdr* header);

}  // namespace hostward
