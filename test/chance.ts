// What a random test has to know of its run: the seed by which it is repeated, and how long it searches.

/** Another one each run; FUZZ_SEED repeats one. */
export const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);

/** HOSTWARD_FUZZ_SECONDS, or FUZZ_SECONDS, or what is usual. */
export function fuzzSeconds(usual: number): number {
  return Number(process.env["HOSTWARD_FUZZ_SECONDS"] ?? process.env["FUZZ_SECONDS"] ?? usual);
}
