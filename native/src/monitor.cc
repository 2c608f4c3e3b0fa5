// The monitor's thread: poll, receive until empty, wake the reader once, wait until it took what there is when that is much.
// When the reader is slow the messages stay in the kernel's buffer, whose overflow the kernel reports: nothing is lost in silence.

#include "monitor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace hostward {

namespace {

constexpr size_t kGatheredLimit = 4 * 1024 * 1024;

}  // namespace

Monitor::~Monitor() {
  Stop();
  CloseDescriptors();
}

Failure Monitor::Open(int protocol, int receive_buffer, const std::vector<uint32_t>& groups) {
  if (const Failure failure = socket_.Open(protocol, {.receive = receive_buffer, .send = 0})) return failure;
  for (const uint32_t group : groups) {
    if (const Failure failure = socket_.Join(group)) return failure;
  }
  event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return event_ < 0 ? Failure{"eventfd", errno} : Failure{};
}

Failure Monitor::Start(std::function<void()> wake) {
  wake_ = std::move(wake);
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return {"pthread_create", error.code().value()};
  }
  return {};
}

void Monitor::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  Signal();
  thread_.join();
  CloseDescriptors();
}

void Monitor::CloseDescriptors() {
  socket_.Close();
  if (event_ >= 0) close(event_);
  event_ = -1;
}

Gathered Monitor::Take() {
  Gathered taken;
  {
    const std::lock_guard lock(mutex_);
    std::swap(taken, gathered_);
  }
  if (taken.messages.size() >= kGatheredLimit) Signal();
  return taken;
}

// An eventfd's counter cannot fill up by this, so the write cannot fail.
void Monitor::Signal() {
  if (event_ >= 0) eventfd_write(event_, 1);
}

void Monitor::Run() {
  // Signals are the main thread's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (Ready()) Collect();
}

// Waits for messages, or for the signal to stop or to go on. False to stop.
bool Monitor::Ready() {
  while (true) {
    bool full;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || gathered_.failure) return false;
      full = gathered_.messages.size() >= kGatheredLimit;
    }
    // A negative descriptor is skipped by poll.
    pollfd descriptors[] = {{event_, POLLIN, 0}, {full ? -1 : socket_.descriptor(), POLLIN, 0}};
    if (poll(descriptors, 2, -1) < 0 && errno != EINTR) return false;
    if (descriptors[0].revents != 0) {
      eventfd_t count;
      eventfd_read(event_, &count);
    }
    if (descriptors[1].revents != 0) return true;
  }
}

// Takes every datagram that is queued, up to the limit, under one wake-up.
void Monitor::Collect() {
  bool wake = false;
  for (bool more = true; more;) {
    std::span<const uint8_t> datagram;
    Failure failure;
    const Receipt receipt = socket_.Receive(datagram, failure);
    const std::lock_guard lock(mutex_);
    const bool was_empty = gathered_.empty();
    switch (receipt) {
      case Receipt::kDatagram:
        gathered_.messages.insert(gathered_.messages.end(), datagram.begin(), datagram.end());
        break;
      case Receipt::kOverflow:
      case Receipt::kTruncated:
        gathered_.overflowed = true;
        break;
      case Receipt::kFailed:
        gathered_.failure = failure;
        break;
      case Receipt::kEmpty:
        break;
    }
    wake = wake || (was_empty && !gathered_.empty());
    more = receipt != Receipt::kEmpty && receipt != Receipt::kFailed && !stopping_ && gathered_.messages.size() < kGatheredLimit;
  }
  if (wake) wake_();
}

}  // namespace hostward
