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
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { rulesets } from "./rulesets.ts";

const states = Object.entries(rulesets);
const kernels: readonly (readonly [name: string, open: () => Kernel])[] = [
  ["the kernel", openNetlinkKernel],
  ["the kernel in memory", createMemoryKernel],
];

/** Comments as the kernel keeps them: sanitised and cut. */
function listed({ chains, sets, maps }: Actual): Actual {
  const cut = <T extends { readonly comment: string }>(item: T): T => ({ ...item, comment: commentText(item.comment) });
  return { chains, sets: sets.map(cut), maps: maps.map(cut) };
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
        }
      });
    }
  });
}
