// What the fuzzers share: how long they run, and how a good text becomes a nearly good one.

import fc from "fast-check";
import { fuzzSeconds } from "../chance.ts";

/** As many runs as fit. A failure prints its seed; fast-check's `seed` and `path` replay it. */
export const fuzzBudget: fc.Parameters<unknown> = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzSeconds(2) * 1000,
  markInterruptAsFailure: false,
};

/** Texts with a few cuts, doubled parts and inserted words. */
export function mutated(texts: fc.Arbitrary<string>, words: readonly string[]): fc.Arbitrary<string> {
  const mutation = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(8), repeat: fc.boolean(), word: fc.constantFrom("", ...words) });
  return fc.tuple(texts, fc.array(mutation, { minLength: 1, maxLength: 4 })).map(([text, mutations]) => mutations.reduce(mutate, text));
}

function mutate(text: string, mutation: { at: number; cut: number; repeat: boolean; word: string }): string {
  const at = Math.floor(mutation.at * text.length);
  const rest = text.slice(mutation.repeat ? at : at + mutation.cut);
  return text.slice(0, at) + (mutation.repeat ? text.slice(at, at + mutation.cut) : "") + mutation.word + rest;
}
