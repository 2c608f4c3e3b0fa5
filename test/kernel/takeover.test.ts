// The table is made a process's own, and anybody's again, while 50,000 packets a second are judged by it: for that it is deleted and made anew
// behind a shield, and no packet may see it.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openNetlinkKernel } from "../../agent/kernel/netlink.ts";
import { type Applied, applyPass, compilePass } from "../../agent/reconcile/pass.ts";
import { readManifest } from "../../agent/sources/manifest.ts";
import { table } from "../../rules/compile/hooks.ts";
import { shieldOf } from "../../rules/diff/takeover.ts";
import { parseAddress } from "../../rules/net/address.ts";
import { defaultPolicySettings } from "../../rules/resolve/settings.ts";
import { skipOwned } from "../agent/kernel/ownership.ts";
import { flood } from "../lab/flood.ts";
import { openPair } from "../lab/pair.ts";
import { slowness } from "../patience.ts";
import { host, member, stranger } from "./churn/flows.ts";

const manifest = `
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: { name: tested }
spec: { node: host1, interfaceName: eth0 }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: { name: allowed, labels: { list: allow } }
spec: { nets: [10.0.0.0/25, 172.16.0.0/12] }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: tested }
spec:
  selector: all()
  types: [Ingress]
  ingress:
    - { action: Allow, protocol: UDP, destination: { ports: [1001] }, source: { selector: list == 'allow' } }
    - { action: Deny, protocol: UDP, destination: { ports: [1002] }, source: { selector: list == 'allow' } }
    - { action: Allow, protocol: UDP, destination: { ports: [1002] } }
`;

const switches = 20;
const expectations = [
  { port: 1001, source: member, passes: true },
  { port: 1001, source: stranger, passes: false },
  { port: 1002, source: member, passes: false },
  { port: 1002, source: stranger, passes: true },
] as const;

function compiled(owned: boolean): ReturnType<typeof compilePass> {
  const { resources, problems } = readManifest(manifest, "test");
  assert.deepEqual(problems, []);
  const address = parseAddress(host);
  assert.ok(address);
  const interfaces = [{ name: "eth0", addresses: [address], up: true }];
  return compilePass({ node: "host1", settings: defaultPolicySettings, owned, snapshot: { revision: 1, resources, problems: [], interfaces } });
}

const { lab, peer } = await openPair({ host, peer: member });
const kernel = openNetlinkKernel();
after(() => kernel.close());

describe("a table that changes hands under load", () => {
  test(`no forbidden packet passes and no allowed one is lost in ${switches} changes of its ownership`, { skip: skipOwned }, async (context) => {
    assert.ok(await kernel.canOwn(), "Linux 6.9 has persistent owned tables");
    let applied: Applied | undefined = (await applyPass(compiled(false), kernel, undefined)).applied;
    const { counted } = await flood(
      { from: peer, at: lab.host, flows: expectations.map((flow) => ({ ...flow, destination: host })), packetsPerSecond: 50_000 },
      async () => {
        await sleep(100);
        for (let round = 0; round < switches; round++) {
          applied = (await applyPass(compiled(round % 2 === 0), kernel, applied)).applied;
          const { ownership, actual } = await kernel.read(table);
          assert.equal(ownership, round % 2 === 0 ? "us" : "nobody");
          assert.ok(actual);
          assert.equal((await kernel.read(shieldOf(table))).actual, undefined);
          await sleep(50);
        }
      },
    );
    for (const [index, { port, source, passes }] of expectations.entries()) {
      const { arrived = 0, passed = 0 } = counted[index] ?? {};
      context.diagnostic(`udp ${port} from ${source}: ${arrived} arrived, ${passed} passed`);
      assert.ok(arrived > 5000 / slowness);
      assert.equal(passed, passes ? arrived : 0, `udp ${port} from ${source}`);
    }
  });

  test("a shield that a killed process has left goes with the first pass", async () => {
    await kernel.commit({ table: shieldOf(table), operations: [{ verb: "add", object: "table" }] });
    await applyPass(compiled(false), kernel, undefined);
    assert.equal((await kernel.read(shieldOf(table))).actual, undefined);
  });
});
