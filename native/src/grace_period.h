// Waiting until no processor runs what it ran before: an RCU grace period of the kernel.

#pragma once

namespace hostward {

// Some 8 ms. False where the system does not wait: with one processor, with nohz_full, or where a filter of system calls refuses.
bool PassGracePeriod();

}  // namespace hostward
