// Each case of test/cases under the oracles that are the kernel and nft: nft takes our text and makes of it the expressions of bytecode.txt and
// the very table that our own netlink makes, and real packets get the verdicts of flows.txt. All cases share one lab, so one process.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Kernel } from "../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../agent/kernel/netlink.ts";
import { compile } from "../../rules/compile/compile.ts";
import { diff } from "../../rules/diff/diff.ts";
import { optimise } from "../../rules/optimise/optimise.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import { nftListing, oracleMissing, parseListing } from "../rules/ruleset/nft.ts";
import { type Case, loadCases } from "./case.ts";
import { comparableListing } from "./listing.ts";
import { assertDelivered, assertVerdicts } from "./packets.ts";
import { Wire } from "./wire.ts";

const noOracle = oracleMissing();

describe("the corpus in the kernel", () => {
  let wire: Wire;
  let kernel: Kernel;
  before(async () => {
    wire = await Wire.open();
    kernel = openNetlinkKernel();
  });
  after(() => {
    kernel.close();
    return wire.close();
  });

  const commit = async (ruleset: Ruleset) => {
    for (const batch of diff(undefined, ruleset).batches) await kernel.commit(batch);
  };

  const list = async (ruleset: Ruleset) => comparableListing(await wire.host.must("nft", ["list", "table", "inet", ruleset.table]));
  /** Whether it is there or not. */
  const remove = ({ table }: Ruleset) => kernel.commit({ table, operations: (["add", "delete"] as const).map((verb) => ({ verb, object: "table" })) });

  const assertSameTable = async (text: string, ruleset: Ruleset) => {
    try {
      await wire.host.nft(text);
      const byNft = await list(ruleset);
      await remove(ruleset);
      await commit(ruleset);
      assert.deepEqual(await list(ruleset), byNft);
    } finally {
      await remove(ruleset);
    }
  };

  const assertPackets = async (loaded: Case, ruleset: Ruleset) => {
    const plans = await assertDelivered(wire, loaded);
    await commit(ruleset);
    try {
      await assertVerdicts(wire, loaded, plans);
    } finally {
      await remove(ruleset);
    }
  };

  const judgeCase = (loaded: Case): void => {
    const ruleset = compile(loaded.resolved);
    const optimised = optimise(ruleset, 1);
    const golden = (file: string) => readFileSync(join(loaded.folder, file), "utf8");

    test("nft's expressions are bytecode.txt", { skip: noOracle ?? false }, () => {
      assert.deepEqual(nftListing(golden("ruleset.nft")), parseListing(golden("bytecode.txt")));
    });

    test("nft and our own netlink make the same table", () => assertSameTable(golden("ruleset.nft"), ruleset));

    test("real packets have the verdicts of flows.txt", () => assertPackets(loaded, ruleset));

    if (optimised === ruleset) return;
    test("also when optimised as far as it goes", async () => {
      await assertSameTable(printRuleset(optimised), optimised);
      await assertPackets(loaded, optimised);
    });
  };

  // A case that cannot be read is reported by corpus.test.ts.
  for (const attempt of loadCases()) {
    if ("loaded" in attempt) describe(attempt.name, () => judgeCase(attempt.loaded));
  }
});
