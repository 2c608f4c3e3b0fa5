// Numbers about numbers. Absolute times of a shared machine drift by a third, so that what counts are ratios taken within one run.

import type { Figure, Goal } from "./scenario.ts";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The smallest value that at least this share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Ratios run by run, which drift of the machine hardly touches. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): number[] {
  return numerators.map((value, i) => value / (denominators[i] ?? Number.NaN));
}

/** The power of the size with which a cost grows, by least squares over the logarithms: 1 is linear, 0 flat. */
export function exponent(points: readonly { readonly size: number; readonly cost: number }[]): number {
  const logs = points.map(({ size, cost }) => [Math.log(size), Math.log(cost)] as const);
  const mean = (of: 0 | 1): number => logs.reduce((sum, log) => sum + log[of], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, log) => sum + (log[0] - x) * (log[1] - y), 0);
  return covariance / logs.reduce((sum, log) => sum + (log[0] - x) ** 2, 0);
}

/** The number that a figure stands for. */
export function told({ values, of }: Pick<Figure, "values" | "of">): number {
  return of === "p99" ? quantile(values, 0.99) : median(values);
}

export function isMet(value: number, goal: Goal): boolean {
  return "most" in goal ? value <= goal.most : value >= goal.least;
}
