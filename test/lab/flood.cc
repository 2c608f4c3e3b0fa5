// A paced UDP sender: flows "source destination port" from the command line, sent in turn at a total rate until standard input
// closes. Used to load a ruleset while it is being replaced; what got through is counted by an observer table, not here.
// Prints one line a flow at the end: "source destination port sent".
//
// usage: flood PACKETS_PER_SECOND SOURCE DESTINATION PORT [SOURCE DESTINATION PORT ...]

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int kBurst = 10;

struct Flow {
  const char* source;
  const char* destination;
  int port;
  int socket;
  unsigned long long sent = 0;
};

// Of either family.
addrinfo* end(const char* address, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  return getaddrinfo(address, std::to_string(port).c_str(), &hints, &found) == 0 ? found : nullptr;
}

int connected(const Flow& flow) {
  const addrinfo* from = end(flow.source, 0);
  const addrinfo* to = end(flow.destination, flow.port);
  if (from == nullptr || to == nullptr) return -1;
  const int fd = socket(from->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  // Sources need not be addresses of this host: the receiving side judges them, nobody answers them.
  const bool six = from->ai_family == AF_INET6;
  setsockopt(fd, six ? SOL_IPV6 : SOL_IP, six ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on, sizeof on);
  if (fd < 0 || bind(fd, from->ai_addr, from->ai_addrlen) != 0) return -1;
  return connect(fd, to->ai_addr, to->ai_addrlen) == 0 ? fd : -1;
}

long long now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

void burst(Flow& flow) {
  char payload[16] = {};
  iovec part{payload, sizeof payload};
  mmsghdr messages[kBurst] = {};
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &part;
    message.msg_hdr.msg_iovlen = 1;
  }
  // A packet that is dropped in the sender's own output hook is an error (EPERM) and ends the call; the others still are to go.
  for (unsigned next = 0; next < kBurst;) {
    const int sent = sendmmsg(flow.socket, messages + next, kBurst - next, 0);
    if (sent > 0) flow.sent += static_cast<unsigned>(sent);
    next += sent > 0 ? static_cast<unsigned>(sent) : 1;
  }
}

bool standardInputClosed() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) > 0;
}

void run(std::vector<Flow>& flows, long long nanosecondsPerBurst) {
  long long next = now();
  for (unsigned long long turn = 0;; turn++) {
    if (turn % 64 == 0 && standardInputClosed()) return;
    burst(flows[turn % flows.size()]);
    next += nanosecondsPerBurst;
    const long long ahead = next - now();
    if (ahead > 0) {
      const timespec pause{ahead / 1000000000, ahead % 1000000000};
      nanosleep(&pause, nullptr);
    } else if (ahead < -1000000000LL) {
      next = now();  // a second behind: the machine cannot do the rate, so do not try to catch up in one go
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || (argc - 2) % 3 != 0) {
    std::fprintf(stderr, "usage: flood PACKETS_PER_SECOND SOURCE DESTINATION PORT ...\n");
    return 2;
  }
  std::vector<Flow> flows;
  for (int i = 2; i + 2 < argc; i += 3) {
    Flow flow{argv[i], argv[i + 1], std::atoi(argv[i + 2]), -1};
    flow.socket = connected(flow);
    if (flow.socket < 0) {
      std::fprintf(stderr, "flood: %s > %s:%d: %s\n", flow.source, flow.destination, flow.port, std::strerror(errno));
      return 1;
    }
    flows.push_back(flow);
  }
  run(flows, kBurst * 1000000000LL / std::atoll(argv[1]));
  for (const Flow& flow : flows) std::printf("%s %s %d %llu\n", flow.source, flow.destination, flow.port, flow.sent);
  return 0;
}
