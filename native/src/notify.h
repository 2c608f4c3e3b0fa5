// sd_notify(3) without libsystemd.
#pragma once

#include <string>

#include "socket.h"

namespace hostward {

// Sends `state` to the datagram socket at `address`: a path, or "@name" for an abstract one.
Failure Notify(const std::string& address, const std::string& state);

}  // namespace hostward
