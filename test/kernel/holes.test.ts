// A ruleset of 10,000 rules is replaced again and again while 50,000 packets a second are judged by it: none that is forbidden before and
// after may pass, none that is allowed before and after may be lost. For hash and interval sets, as allow and as deny lists. The last test
// shows that the method sees a hole where there is one.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openNetlinkKernel } from "../../agent/kernel/netlink.ts";
import { type Applied, applyPass, compilePass, planPass } from "../../agent/reconcile/pass.ts";
import { decodeResource } from "../../rules/model/decode.ts";
import type { Resource } from "../../rules/model/types.ts";
import { parseAddress } from "../../rules/net/address.ts";
import { defaultPolicySettings } from "../../rules/resolve/settings.ts";
import { type Counted, type FloodResult, type Flow, flood } from "../lab/flood.ts";
import { openPair } from "../lab/pair.ts";
import { slowness } from "../patience.ts";
import { host, member, stranger } from "./churn/flows.ts";

const replaces = 30;
const packetsPerSecond = 50_000;

/** Port 1001 and 1002 are open to members of a hash and of an interval set only, 1003 and 1004 to everybody but them. */
const expectations = [
  { port: 1001, source: member, passes: true, list: "hash set, allow list, member" },
  { port: 1001, source: stranger, passes: false, list: "hash set, allow list, stranger" },
  { port: 1002, source: member, passes: true, list: "interval set, allow list, member" },
  { port: 1002, source: stranger, passes: false, list: "interval set, allow list, stranger" },
  { port: 1003, source: member, passes: false, list: "hash set, deny list, member" },
  { port: 1003, source: stranger, passes: true, list: "hash set, deny list, stranger" },
  { port: 1004, source: member, passes: false, list: "interval set, deny list, member" },
  { port: 1004, source: stranger, passes: true, list: "interval set, deny list, stranger" },
] as const;

const flows: readonly Flow[] = expectations.map(({ port, source }) => ({ source, destination: host, port }));

function resource(kind: string, name: string, rest: { readonly spec: unknown; readonly labels?: Record<string, string> }): Resource {
  const value = { apiVersion: "projectcalico.org/v3", kind, metadata: { name, labels: rest.labels ?? {} }, spec: rest.spec };
  const decoded = decodeResource(value, () => ({ source: "test" }));
  assert.ok(decoded.resource, JSON.stringify(decoded.problems));
  return decoded.resource;
}

/** By which the lists are known: others in each round, so that each brings new sets, and rules that use them. */
function labelOf(kind: "hash" | "interval", round: number): string {
  return `${kind}-${round}`;
}

/** The members that stay, among 500 that are other ones in each round. */
function networkSet(kind: "hash" | "interval", round: number): Resource {
  const others = Array.from({ length: 500 }, (_, i) => (kind === "hash" ? `172.16.${round}.${i % 250}` : `172.${round % 200}.${i % 250}.0/25`));
  return resource("GlobalNetworkSet", kind, {
    spec: { nets: [...new Set(others), kind === "hash" ? member : "10.0.0.0/25"] },
    labels: { members: labelOf(kind, round) },
  });
}

function testedPolicy(round: number): Resource {
  const rule = (action: string, port: number, members?: "hash" | "interval"): object => ({
    action,
    protocol: "UDP",
    destination: { ports: [port] },
    ...(members === undefined ? {} : { source: { selector: `members == '${labelOf(members, round)}'` } }),
  });
  const ingress = [rule("Allow", 1001, "hash"), rule("Allow", 1002, "interval"), rule("Deny", 1003, "hash"), rule("Allow", 1003)];
  ingress.push(rule("Deny", 1004, "interval"), rule("Allow", 1004));
  return resource("GlobalNetworkPolicy", "tested", { spec: { selector: "has(tested)", types: ["Ingress"], ingress } });
}

/** 1,000 policies of ten rules on another interface: they weigh on the commit, not on each packet. */
function ballast(round: number): readonly Resource[] {
  const rules = (policy: number): object[] =>
    Array.from({ length: 10 }, (_, i) => ({ action: "Allow", protocol: "TCP", destination: { ports: [1 + ((policy * 10 + i + round) % 60_000)] } }));
  return Array.from({ length: 1000 }, (_, i) =>
    resource("GlobalNetworkPolicy", `ballast-${i}`, { spec: { selector: "has(ballast)", types: ["Ingress"], ingress: rules(i) } }),
  );
}

function compileRound(round: number): ReturnType<typeof compilePass> {
  const endpoint = (name: string, interfaceName: string): Resource =>
    resource("HostEndpoint", name, { spec: { node: "host1", interfaceName }, labels: { [name]: "yes" } });
  const resources = [endpoint("tested", "eth0"), endpoint("ballast", "eth1"), testedPolicy(round), ...ballast(round)];
  resources.push(networkSet("hash", round), networkSet("interval", round));
  const address = parseAddress(host);
  assert.ok(address);
  const interfaces = [
    { name: "eth0", addresses: [address], up: true },
    { name: "eth1", addresses: [], up: true },
  ];
  // Gathered into maps they would be 59 rules.
  const compiled = compilePass({
    node: "host1",
    settings: defaultPolicySettings,
    optimise: false,
    snapshot: { revision: round, resources, problems: [], interfaces },
  });
  assert.deepEqual(compiled.faults, []);
  return compiled;
}

function isWrong({ arrived, passed }: Counted, index: number): boolean {
  return passed !== (expectations[index]?.passes === true ? arrived : 0);
}

const { lab, peer } = await openPair({ host, peer: member });
const kernel = openNetlinkKernel();
after(() => kernel.close());

describe("a ruleset of 10,000 rules replaced under load", () => {
  const rounds = Array.from({ length: replaces + 1 }, (_, round) => compileRound(round));

  async function replaceAll(times: number, commit: (round: number) => Promise<void>): Promise<FloodResult> {
    await commit(0);
    return await flood({ from: peer, at: lab.host, flows, packetsPerSecond }, async () => {
      await sleep(200);
      for (let round = 1; round <= times; round++) await commit(round);
      await sleep(200);
    });
  }

  test(`no forbidden packet passes and no allowed one is lost in ${replaces} replaces`, async (context) => {
    let applied: Applied | undefined;
    const commitMilliseconds: number[] = [];
    const { counted, seconds } = await replaceAll(replaces, async (round) => {
      const done = await applyPass(rounds[round] ?? compileRound(round), kernel, applied);
      applied = done.applied;
      commitMilliseconds.push(done.milliseconds.commit ?? 0);
    });
    for (const [index, { list, port, passes }] of expectations.entries()) {
      const { arrived = 0, passed = 0 } = counted[index] ?? {};
      context.diagnostic(`${list} (udp ${port}): ${arrived} arrived, ${passed} passed`);
      assert.ok(arrived > 10_000 / slowness, `${list}: only ${arrived} packets arrived`);
      assert.equal(passed, passes ? arrived : 0, list);
    }
    const sum = counted.reduce((total, { arrived }) => total + arrived, 0);
    context.diagnostic(
      `${sum} packets in ${seconds.toFixed(1)} s: ${Math.round(sum / seconds)} a second; ${rounds[0]?.ruleset.chains.flatMap(({ rules }) => rules).length} rules`,
    );
    context.diagnostic(`median commit ${commitMilliseconds.toSorted((a, b) => a - b)[replaces >> 1]?.toFixed(0)} ms`);
  });

  test("the method sees the hole when interval sets are made in the commit that uses them", async (context) => {
    const { counted } = await replaceAll(10, async (round) => {
      const { transaction, ruleset } = await planPass(rounds[round] ?? compileRound(round), kernel, undefined);
      await kernel.commit({ table: ruleset.table, operations: transaction.batches.flatMap(({ operations }) => operations) });
    });
    const wrong = expectations.filter((_, index) => isWrong(counted[index] ?? assert.fail(), index));
    context.diagnostic(`wrong verdicts: ${wrong.map(({ list }) => list).join("; ")}`);
    assert.ok(wrong.length > 0, "one batch with everything in it should have shown holes");
    assert.ok(
      wrong.every(({ list }) => list.startsWith("interval")),
      "hash sets have no such hole",
    );
  });
});
