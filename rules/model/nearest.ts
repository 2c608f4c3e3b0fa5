// The name that a mistyped one was probably meant to be, for "did you mean".

/** The candidate nearest to `given`, ignoring case; undefined when none is near enough to be a slip of the keys. */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  let best: string | undefined;
  for (const candidate of candidates) {
    const distance = Math.abs(candidate.length - given.length) < bestDistance ? slips(given.toLowerCase(), candidate.toLowerCase()) : bestDistance;
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Characters left out, put in, mistaken or swapped with the next (optimal string alignment). */
function slips(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : i)));
  const cell = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const mistaken = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(i - 2, j - 2) + 1 : mistaken;
      (rows[i] as number[])[j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, mistaken, swapped);
    }
  }
  return cell(a.length, b.length);
}
