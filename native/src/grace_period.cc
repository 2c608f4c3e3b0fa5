// membarrier(2) with MEMBARRIER_CMD_GLOBAL is the kernel's synchronize_rcu (kernel/sched/membarrier.c), and nobody else has to wait for it.

#include "grace_period.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hostward {

namespace {

// With one processor online the kernel takes its answer for granted, which it is for memory and not for who was preempted meanwhile.
bool HasSeveralProcessors() { return sysconf(_SC_NPROCESSORS_ONLN) > 1; }

}  // namespace

bool PassGracePeriod() { return HasSeveralProcessors() && syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0 && HasSeveralProcessors(); }

}  // namespace hostward
