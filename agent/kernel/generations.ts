// Generations are 32-bit counters; the kernel leaves out 0 when they wrap (nf_tables_api.c, nf_tables_commit).

export function following(generation: number): number {
  return (generation + 1) >>> 0 || 1;
}

export function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** How many commits lead from one to the other. */
export function commitsBetween(from: number, to: number): number {
  const steps = (to - from) >>> 0;
  return to < from ? steps - 1 : steps;
}
