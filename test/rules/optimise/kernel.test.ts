// What is optimised in the kernel: nft takes the text and lists of it what it lists of our own netlink, the kernel holds what was sent, real packets
// have the verdicts that the plain ruleset gives, and for each rule the counters of all that stands for it add up to what it would have counted.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { diff } from "../../../rules/diff/diff.ts";
import { formatPacket } from "../../../rules/explain/packet.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import type { Packet, Step } from "../../../rules/explain/types.ts";
import { optimise } from "../../../rules/optimise/optimise.ts";
import { printBytecode } from "../../../rules/ruleset/bytecode.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { originComment } from "../../../rules/ruleset/comment.ts";
import { printRuleset } from "../../../rules/ruleset/print.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { isRealRoot } from "../../../tools/system.mjs";
import type { Case } from "../../corpus/case.ts";
import { comparableListing } from "../../corpus/listing.ts";
import { assertDelivered, assertVerdicts } from "../../corpus/packets.ts";
import { Wire } from "../../corpus/wire.ts";
import { nftListing, oracleMissing, parseListing } from "../ruleset/nft.ts";
import { addressOf, packet, policies, rulesetOf, rulesOf } from "./lists.ts";

const rounds = 12;
const packetsEach = 100;
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);

let wire: Wire;
let kernel: Kernel;
before(async () => {
  wire = await Wire.open();
  kernel = openNetlinkKernel();
});
after(async () => {
  kernel?.close();
  await wire?.close();
});

const interfaces = [{ name: "eth0", addresses: [1, 2].flatMap((last) => [addressOf(4, last), addressOf(6, last)]), up: true }];

/** From others to this host. ICMP of the other family is to conntrack what it is not. */
const received = packet
  .filter(({ protocol, icmp }) => (protocol !== 1 && protocol !== 58) || icmp !== undefined)
  .map((one): Packet => {
    const { family } = one.source;
    const last = (address: Packet["source"]) => Number(address.value & 0xfn);
    return { ...one, source: addressOf(family, 3 + (last(one.source) % 12)), destination: addressOf(family, 1 + (last(one.destination) % 2)) };
  });

interface Drawn {
  readonly plain: Ruleset;
  readonly made: Ruleset;
  readonly packets: readonly Packet[];
}

function draw(round: number): Drawn {
  const packets = fc.uniqueArray(received, { minLength: packetsEach, maxLength: packetsEach, size: "max", selector: formatPacket });
  const [drawn] = fc.sample(fc.tuple(policies, fc.nat(3), fc.integer({ min: 1, max: 4 }), packets), { seed: seed + round, numRuns: 1 });
  const [lists, jumping, least, some] = drawn ?? assert.fail("nothing drawn");
  const plain = rulesetOf({ policies: rulesOf(lists) }, (policy) => policy % 4 < jumping);
  const made = optimise(plain, least);
  assert.deepEqual(checkRuleset(made), []);
  return { plain, made, packets: some };
}

const list = () => wire.host.must("nft", ["list", "table", "inet", "hostward"]);
const remove = () => kernel.commit({ table: "hostward", operations: (["add", "delete"] as const).map((verb) => ({ verb, object: "table" })) });

/** @returns the bytes that it took */
async function commit(ruleset: Ruleset): Promise<number> {
  let sum = 0;
  for (const batch of diff(undefined, ruleset).batches) sum += (await kernel.commit(batch)).bytes;
  return sum;
}

/** Without the real root a batch of more than 208 KB, in which nft says a little more than we do, is EMSGSIZE. */
const mostForNft = isRealRoot() ? Number.POSITIVE_INFINITY : 160_000;

/** By the comment of a rule or an element, of all that have it. */
function countersOf(listing: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, packets, comment = ""] of listing.matchAll(/counter packets (\d+) bytes \d+(?: log prefix "a")?[^"\n]*comment "([^"]*)"/g)) {
    counts.set(comment, (counts.get(comment) ?? 0) + Number(packets));
  }
  return counts;
}

function expectedCounters(ruleset: Ruleset, packets: readonly Packet[]): Map<string, number> {
  const counts = new Map<string, number>();
  const walk = (steps: readonly Step[]): void => {
    for (const { text, origin, steps: inner } of steps) {
      if (origin !== undefined && text.includes("counter")) counts.set(originComment(origin), (counts.get(originComment(origin)) ?? 0) + 1);
      walk(inner);
    }
  };
  for (const one of packets) walk(simulate(ruleset, one).path);
  return counts;
}

function caseOf({ plain, packets }: Drawn): Case {
  const rows = packets.map((one, index) => ({
    line: index + 1,
    text: formatPacket(one),
    flow: { packet: one, verdict: simulate(plain, one).verdict, by: undefined },
  }));
  return { ...{ name: "random", folder: "", description: "", facts: [], statuses: undefined }, interfaces, rows } as unknown as Case;
}

test("nft and our own netlink make the same table, and the kernel holds what is wanted", async () => {
  let compared = 0;
  for (let round = 0; compared < rounds; round++) {
    const { made } = draw(round);
    const bytes = await commit(made);
    try {
      const { actual } = await kernel.read("hostward");
      assert.deepEqual(diff(actual, made).batches, []);
      const ours = comparableListing(await list());
      await remove();
      if (bytes > mostForNft) continue;
      if (oracleMissing() === undefined) assert.deepEqual(nftListing(printRuleset(made)), parseListing(printBytecode(made)));
      await wire.host.nft(printRuleset(made));
      assert.deepEqual(ours, comparableListing(await list()), `FUZZ_SEED=${seed + round}`);
      compared++;
    } finally {
      await remove();
    }
  }
});

test("real packets have the verdicts of the plain ruleset, and are counted for the same rules", async (context) => {
  let denied = 0;
  for (let round = 0; round < rounds; round++) {
    const drawn = draw(round);
    const loaded = caseOf(drawn);
    const plans = await assertDelivered(wire, loaded);
    await commit(drawn.made);
    try {
      await assertVerdicts(wire, loaded, plans);
      const counted = countersOf(await list());
      const expected = expectedCounters(drawn.plain, drawn.packets);
      const differing = [...expected].filter(([comment, count]) => (counted.get(comment) ?? 0) !== count);
      assert.deepEqual(differing, [], `FUZZ_SEED=${seed + round}: ${JSON.stringify(differing.map(([comment]) => counted.get(comment)))}`);
    } finally {
      await remove();
    }
    denied += loaded.rows.filter(({ flow }) => flow.verdict === "deny").length;
  }
  context.diagnostic(`FUZZ_SEED=${seed}: ${rounds * packetsEach} packets, ${denied} denied`);
  assert.ok(denied > 100);
});
