// A wire and this process's own kernel side by side: what the tests need that send packets through rulesets which they commit themselves.

import { after } from "node:test";
import type { Kernel } from "../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../agent/kernel/netlink.ts";
import { diff } from "../../rules/diff/diff.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import { Wire } from "./wire.ts";

export interface WiredKernel {
  readonly wire: Wire;
  readonly kernel: Kernel;
  /** Where there is no table of its name. */
  commit(ruleset: Ruleset): Promise<void>;
  /** Whether it is there or not. */
  remove(table: string): Promise<void>;
  /** In nft's words. */
  list(table: string): Promise<string>;
}

/** To be awaited at the top of a test file: both close after its last test. */
export async function openWiredKernel(): Promise<WiredKernel> {
  const wire = await Wire.open();
  after(() => wire.close());
  const kernel = openNetlinkKernel();
  after(() => kernel.close());
  return {
    wire,
    kernel,
    async commit(ruleset) {
      for (const batch of diff(undefined, ruleset).batches) await kernel.commit(batch);
    },
    async remove(table) {
      await kernel.commit({ table, operations: (["add", "delete"] as const).map((verb) => ({ verb, object: "table" })) });
    },
    list: (table) => wire.host.must("nft", ["list", "table", "inet", table]),
  };
}
