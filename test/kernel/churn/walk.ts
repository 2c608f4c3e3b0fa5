// The hosts that a seed comes by, one change after the other: every process that knows the seed knows the same ones.

import { change, changeKinds } from "./changes.ts";
import { createRandom } from "./random.ts";
import { type Choices, start } from "./world.ts";

/** @returns the choices after that many changes */
export function createWalk(seed: number): (step: number) => Choices {
  const random = createRandom(seed);
  const passed: Choices[] = [start];
  return (step) => {
    while (passed.length <= step) passed.push(change(passed.at(-1) ?? start, random.pick(changeKinds), random));
    return passed[step] ?? start;
  };
}
