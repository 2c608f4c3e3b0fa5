// The corpus runner itself: each oracle notices a case that is wrong. Without this a runner that compares nothing would pass.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Flow, parseFlow } from "../../rules/explain/packet.ts";
import { parseAddress } from "../../rules/net/address.ts";
import { resolve } from "../../rules/resolve/resolve.ts";
import { defaultPolicySettings } from "../../rules/resolve/settings.ts";
import { type Case, caseOf } from "./case.ts";
import { assertFiles, assertGolden } from "./golden.ts";
import { assertJudgement, isDecidedBy } from "./judgement.ts";
import { comparableListing } from "./listing.ts";
import { assertDelivered, assertVerdicts } from "./packets.ts";
import { Wire } from "./wire.ts";

function planted(...texts: readonly string[]): Case {
  const address = parseAddress("10.0.0.1");
  assert.ok(address);
  const interfaces = [{ name: "eth0", addresses: [address], up: true }];
  const resolved = resolve({ node: "host1", resources: [], interfaces, settings: defaultPolicySettings });
  const rows = texts.map((text, index) => ({ line: index + 1, text, flow: parseFlow(text) }));
  return caseOf({ name: "planted", interfaces, resolved, rows });
}

describe("real packets", () => {
  let wire: Wire;
  before(async () => {
    wire = await Wire.open();
  });
  after(() => wire.close());

  /** The rows' verdicts when only this is loaded. */
  const judge = async (ruleset: string, ...rows: readonly string[]) => {
    const loaded = planted(...rows);
    const plans = await assertDelivered(wire, loaded);
    await wire.host.nft(`table inet planted\ndelete table inet planted\n${ruleset}`);
    try {
      await assertVerdicts(wire, loaded, plans);
    } finally {
      await wire.host.nft("delete table inet planted");
    }
  };

  const dropHttp = "table inet planted { chain in { type filter hook input priority 5; tcp dport 80 drop; }; }";

  test("agree with a ruleset that does what the rows say", async () => {
    await judge(dropHttp, "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 -> deny", "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:81 -> allow");
  });

  test("name each row whose packet got through and should not have, and the other way round", async () => {
    const rows = ["in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 -> allow", "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:81 -> deny"];
    await assert.rejects(judge(dropHttp, ...rows), /flows\.txt:1: .*flows\.txt:2: /s);
  });

  const unreal: readonly (readonly [string, string])[] = [
    ["a destination that is not the host's", "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.2:80 -> deny"],
    ["an echo reply that nobody asked for", "in:eth0 icmp/0/0 10.0.0.9 > 10.0.0.1 -> deny"],
    ["a SYN in a state that it cannot be in", "in:eth0 icmpv6/135/0 fd00::9 > fd00::1 established -> allow"],
  ];
  for (const [name, row] of unreal) {
    test(`refuse ${name}, although it would be denied anyway`, async () => {
      await assert.rejects(judge(dropHttp, row), /sees otherwise.*flows\.txt:1: /s);
    });
  }
});

test("a judge that disagrees with a row, or names another rule, is found", () => {
  const text = "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 -> deny by GlobalNetworkPolicy b";
  const row = { line: 1, text, flow: parseFlow(text) satisfies Flow };
  const decidedBy = { kind: "GlobalNetworkPolicy", name: "b", direction: "ingress", index: 0 } as const;
  assertJudgement(row, { verdict: "deny", decidedBy, path: [] });
  assert.throws(() => assertJudgement(row, { verdict: "allow", decidedBy, path: [] }));
  assert.throws(() => assertJudgement(row, { verdict: "deny", decidedBy: { ...decidedBy, name: "bb" }, path: [] }));
  assert.throws(() => assertJudgement(row, { verdict: "deny", decidedBy: undefined, path: [] }));
  assert.ok(isDecidedBy(decidedBy, "b ingress rule 0"));
});

test("listings differ where a rule differs, and only there", () => {
  const listing = (rule: string, elements: string, order: readonly string[]) => {
    const set = `\tset s {\n\t\ttype inet_service\n\t\telements = { ${elements} }\n\t}\n`;
    const chain = `\tchain c {\n\t\t${rule}\n\t}\n`;
    return comparableListing(`table inet t {\n${order.map((name) => (name === "s" ? set : chain)).join("\n")}}\n`);
  };
  const one = listing("tcp dport 1 counter packets 5 bytes 60 drop", "1,\n\t\t\t     2", ["s", "c"]);
  assert.deepEqual(one, listing("tcp dport 1 counter packets 0 bytes 0 drop", "2, 1", ["c", "s"]));
  assert.notDeepEqual(one, listing("tcp dport 2 counter packets 5 bytes 60 drop", "1, 2", ["s", "c"]));
  assert.notDeepEqual(one, listing("tcp dport 1 counter packets 5 bytes 60 drop", "1, 3", ["s", "c"]));
});

test("a golden that differs, a file that is missing and one that is too many are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "hostward-case-"));
  try {
    for (const file of ["input.yaml", "flows.txt", "ruleset.nft"]) writeFileSync(join(folder, file), "text");
    assert.throws(() => assertFiles(folder));
    assert.throws(() => assertGolden(folder, "bytecode.txt", "text", false), /missing/);
    writeFileSync(join(folder, "bytecode.txt"), "text");
    assertFiles(folder);
    assertGolden(folder, "bytecode.txt", "text", false);
    assert.throws(() => assertGolden(folder, "bytecode.txt", "other", false), /differs/);
    assertGolden(folder, "bytecode.txt", "new", true);
    assertGolden(folder, "bytecode.txt", "new", false);
    writeFileSync(join(folder, "orphan.nft"), "text");
    assert.throws(() => assertFiles(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
