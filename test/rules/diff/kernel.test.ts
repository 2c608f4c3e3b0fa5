// Every named state to every other on the kernel itself and on the one in memory: each takes the batches, and afterwards holds what actualOf says.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { createMemoryKernel } from "../../../agent/kernel/memory.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import type { Actual } from "../../../rules/diff/types.ts";
import { commentText } from "../../../rules/ruleset/comment.ts";
import { identityText } from "../../../rules/ruleset/identity.ts";
import { capacity, declaredSize } from "../../../rules/ruleset/keys.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { rulesets } from "./rulesets.ts";

const states = Object.entries(rulesets);
const kernels: readonly (readonly [name: string, open: () => Kernel])[] = [
  ["the kernel", openNetlinkKernel],
  ["the kernel in memory", createMemoryKernel],
];

/** As a kernel tells it: rules as their identities, sizes as they are declared, comments sanitised and cut. */
function listed({ chains, sets, maps }: Actual): object {
  return {
    chains: chains.map(({ name, base, rules }) => ({ name, base, rules: rules.map(identityText) })),
    sets: sets.map(({ name, types, flavour, keys, comment, size }) => {
      return { name, types, flavour, keys, comment: commentText(comment), size: size ?? declaredSize({ flavour, keys }) ?? 0 };
    }),
    maps: maps.map(({ name, types, entries, counters, comment, size }) => {
      return { name, types, entries, counters, comment: commentText(comment), size: size ?? capacity(entries.length) };
    }),
  };
}

async function become(kernel: Kernel, desired: Ruleset): Promise<void> {
  const { actual, generation } = await kernel.read(desired.table);
  let expected = generation;
  for (const batch of diff(actual, desired).batches) expected = (await kernel.commit(batch, { generation: expected })).generation;
}

for (const [name, open] of kernels) {
  describe(`on ${name}`, () => {
    const kernel = open();
    test.after(() => kernel.close());

    for (const [from, before] of states) {
      test(`from ${from} to each of the others and to itself`, async () => {
        for (const [to, desired] of states) {
          await become(kernel, before);
          await become(kernel, desired);
          const { actual } = await kernel.read(desired.table);
          assert(actual !== undefined);
          assert.deepEqual(listed(actual), listed(actualOf(desired)), `to ${to}`);
          assert.deepEqual(diff(actual, desired), { batches: [] });
        }
      });
    }
  });
}
