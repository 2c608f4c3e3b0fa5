// Each case of test/cases under the oracles that are the kernel and nft: nft takes our text and makes of it the expressions of bytecode.txt and
// the very table that our own netlink makes, and real packets get the verdicts of flows.txt. All cases share one lab, so one process.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { compile } from "../../rules/compile/compile.ts";
import { optimise } from "../../rules/optimise/optimise.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import { nftListing, oracleMissing, parseListing } from "../rules/ruleset/nft.ts";
import { type Case, loadCases } from "./case.ts";
import { comparableListing } from "./listing.ts";
import { assertDelivered, assertVerdicts } from "./packets.ts";
import { openWiredKernel } from "./wiredKernel.ts";

const { wire, commit, remove, list } = await openWiredKernel();
const noOracle = oracleMissing();

describe("the corpus in the kernel", () => {
  const assertSameTable = async (text: string, ruleset: Ruleset) => {
    try {
      await wire.host.nft(text);
      const byNft = comparableListing(await list(ruleset.table));
      await remove(ruleset.table);
      await commit(ruleset);
      assert.deepEqual(comparableListing(await list(ruleset.table)), byNft);
    } finally {
      await remove(ruleset.table);
    }
  };

  const assertPackets = async (loaded: Case, ruleset: Ruleset) => {
    const plans = await assertDelivered(wire, loaded);
    await commit(ruleset);
    try {
      await assertVerdicts(wire, loaded, plans);
    } finally {
      await remove(ruleset.table);
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
