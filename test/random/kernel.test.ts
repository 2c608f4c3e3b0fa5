// Random hosts in the kernel itself: each world goes through the pass into a network namespace, and real packets of every protocol, family and way
// must meet the verdict that the semantics (evaluate) give. HOSTWARD_FUZZ_SECONDS gives a longer budget, FUZZ_SEED repeats a run.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyPass, type CompiledPass } from "../../agent/reconcile/pass.ts";
import { evaluate } from "../../rules/explain/evaluate.ts";
import { formatPacket } from "../../rules/explain/packet.ts";
import type { Packet, Step } from "../../rules/explain/types.ts";
import { fuzzSeconds, seed } from "../chance.ts";
import { type Case, caseOf, type FlowRow } from "../corpus/case.ts";
import { assertDelivered, assertVerdicts } from "../corpus/packets.ts";
import { openWiredKernel } from "../corpus/wiredKernel.ts";
import { describeCase } from "./counterexample.ts";
import { deliverable, withoutClashes } from "./packets.ts";
import { compileWorld, interfaces, type World, world } from "./worlds.ts";

const leastVerdicts = 2000;
const packetsEach = 120;
const seconds = fuzzSeconds(0);

const { wire, kernel, remove } = await openWiredKernel();

function prepare(given: World, packets: readonly Packet[]): { readonly loaded: Case; readonly compiled: CompiledPass } {
  const compiled = compileWorld(given);
  const { resolved } = compiled;
  const rows = packets.flatMap((packet, index): FlowRow[] => {
    const { verdict, path } = evaluate(resolved, packet);
    // A translation that an untracked policy prevents also keeps the packet from the interface that the row names.
    if (packet.dnat !== undefined && tells(path, "conntrack state is untracked")) return [];
    return [{ line: index + 1, text: formatPacket(packet), flow: { packet, verdict, by: undefined } }];
  });
  return { loaded: caseOf({ name: "random", interfaces, resolved, rows }), compiled };
}

function tells(path: readonly Step[], text: string): boolean {
  return path.some((step) => step.text === text || tells(step.steps, text));
}

async function judge({ loaded, compiled }: ReturnType<typeof prepare>): Promise<void> {
  const plans = await assertDelivered(wire, loaded);
  const { ruleset } = await applyPass(compiled, kernel, undefined);
  try {
    await assertVerdicts(wire, loaded, plans);
  } finally {
    await remove(ruleset.table);
  }
}

/** Fewer packets as long as it still fails: the kernel is too slow for more shrinking than that. */
async function smallest(given: World, packets: readonly Packet[]): Promise<readonly Packet[]> {
  for (const one of packets) {
    const fails = await judge(prepare(given, [one])).then(
      () => false,
      () => true,
    );
    if (fails) return [one];
  }
  return packets;
}

const protocolNames: ReadonlyMap<number, string> = new Map([
  [1, "ICMP"],
  [6, "TCP"],
  [17, "UDP"],
  [58, "ICMPv6"],
  [132, "SCTP"],
  [136, "UDPLite"],
]);

function kindsOf(packet: Packet): readonly string[] {
  const way = packet.in === undefined ? "sent" : packet.out === undefined ? "received" : "forwarded";
  return [
    protocolNames.get(packet.protocol) ?? `protocol ${packet.protocol}`,
    `IPv${packet.source.family}`,
    way,
    packet.state,
    ...(packet.dnat ? ["DNATed"] : []),
  ];
}

const kinds = ["TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "protocol 253", "protocol 254", "IPv4", "IPv6", "received", "sent", "forwarded", "DNATed", "untracked"];

test("the kernel decides real packets as the policy means it", { timeout: (seconds + 220) * 1000 }, async (context) => {
  const ends = performance.now() + seconds * 1000;
  const counts = new Map<string, number>();
  let verdicts = 0;
  let denied = 0;
  let worlds = 0;
  for (; verdicts < leastVerdicts || performance.now() < ends; worlds++) {
    const [drawn] = fc.sample(fc.tuple(world, fc.array(deliverable, { minLength: packetsEach, maxLength: packetsEach, size: "max" })), {
      seed: seed + worlds,
      numRuns: 1,
    });
    const [given, all] = drawn ?? assert.fail("nothing drawn");
    const packets = withoutClashes(all);
    const loaded = prepare(given, packets);
    await judge(loaded).catch(async (cause: unknown) => {
      const rows = (await smallest(given, packets)).map((packet) => ({ packet, verdict: evaluate(loaded.loaded.resolved, packet).verdict }));
      throw new Error(`FUZZ_SEED=${seed + worlds}: ${String(cause)}\n${describeCase(given, rows)}`, { cause });
    });
    for (const kind of loaded.loaded.rows.flatMap(({ flow }) => kindsOf(flow.packet))) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    verdicts += loaded.loaded.rows.length;
    denied += loaded.loaded.rows.filter(({ flow }) => flow.verdict === "deny").length;
  }
  context.diagnostic(`FUZZ_SEED=${seed}: ${verdicts} verdicts on real packets over ${worlds} hosts, ${denied} denied, 0 differences`);
  context.diagnostic([...counts].map(([kind, count]) => `${kind} ${count}`).join(", "));
  assert.ok(verdicts >= leastVerdicts);
  assert.deepEqual(
    kinds.filter((kind) => (counts.get(kind) ?? 0) < 10),
    [],
    "hardly sent at all",
  );
});
