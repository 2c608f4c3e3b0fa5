// One datagram to the service manager: protocol of sd_notify(3). Node itself has no unix datagram sockets.

#include "notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace hostward {

Failure Notify(const std::string& address, const std::string& state) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  if (address.empty() || (address[0] != '/' && address[0] != '@')) return {"connect", EAFNOSUPPORT};
  if (address.size() >= sizeof target.sun_path) return {"connect", ENAMETOOLONG};
  std::memcpy(target.sun_path, address.data(), address.size());
  if (address[0] == '@') target.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());

  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return {"socket", errno};
  ssize_t sent;
  do {
    sent = sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&target), length);
  } while (sent < 0 && errno == EINTR);
  const Failure failure = sent < 0 ? Failure{"sendto", errno} : Failure{};
  close(descriptor);
  return failure;
}

}  // namespace hostward
