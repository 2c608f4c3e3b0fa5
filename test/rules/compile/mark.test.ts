// The mark bit on real packets: it never reaches a second life of its packet, nor is it believed of strangers. Each row is denied as compiled, and
// would be let in by the same ruleset without the rules that clear the mark, which shows that they are needed and that this test would miss them.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { compile } from "../../../rules/compile/compile.ts";
import { diff } from "../../../rules/diff/diff.ts";
import type { Policy } from "../../../rules/model/types.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { type Lab, openLab } from "../../lab/lab.ts";
import type { Namespace } from "../../lab/namespace.ts";
import { endpoint, link, policy, profile, resolved, rule } from "../resolve/resources.ts";

const both = ["ingress", "egress"] as const;
const outer = { selector: "has(outer)", applyOnForward: true };
const preDNAT = policy("pre-dnat", { ...outer, list: "preDNAT", ingress: [rule("Allow")] });
const untracked = policy("untracked", { ...outer, list: "untracked", types: both, ingress: [rule("Allow")], egress: [rule("Allow")] });
const elsewhere = { ...outer, selector: "has(elsewhere)" };
const unused = {
  preDNAT: policy("unused", { ...elsewhere, list: "preDNAT", ingress: [rule("Pass")] }),
  untracked: policy("unused", { ...elsewhere, list: "untracked", ingress: [rule("Pass")] }),
};

/** eth0 carries a tunnel, and tun0 lets nothing in but failsafe ports; eth1 is there to have policy that is not for either. */
function ruleset(tunnelPolicies: readonly Policy[]): Ruleset {
  const links = [link("eth0"), link("tun0"), link("eth1")];
  const resources = [
    endpoint("outer", { on: "eth0", labels: { outer: "" }, profiles: ["sends"] }),
    endpoint("inner", { on: "tun0" }),
    endpoint("elsewhere", { on: "eth1", labels: { elsewhere: "" } }),
    profile("sends", { egress: [rule("Allow")] }),
    ...tunnelPolicies,
  ];
  return compile(resolved(resources, links));
}

function withoutClearing(original: Ruleset): Ruleset {
  const clears = original.chains.flatMap(({ rules }) => rules).filter(({ statements }) => statements.length === 1 && statements[0]?.kind === "setMark");
  assert(clears.length > 0);
  return { ...original, chains: original.chains.map((chain) => ({ ...chain, rules: chain.rules.filter((one) => !clears.includes(one)) })) };
}

/** What sets the very bit before any chain of hostward. */
const stranger = `table inet stranger {
  chain received { type filter hook prerouting priority -400; tcp dport 81 meta mark set 0x10000; }
  chain sent { type filter hook output priority -400; tcp dport 81 meta mark set 0x10000; }
}`;

describe("the mark", () => {
  const kernel = openNetlinkKernel();
  let lab: Lab;
  let peer: Namespace;

  before(async () => {
    lab = await openLab();
    peer = await lab.namespace("peer");
    await lab.cable({ namespace: lab.host, name: "eth0", addresses: ["10.0.0.1/24"] }, { namespace: peer, name: "eth0", addresses: ["10.0.0.9/24"] });
    for (const [namespace, own, other] of [
      [lab.host, 1, 9],
      [peer, 9, 1],
    ] as const) {
      await namespace.ip(`link add tun0 type vxlan id 5 local 10.0.0.${own} remote 10.0.0.${other} dstport 4789`);
      await namespace.ip(`address add 10.9.0.${own}/24 dev tun0`);
      await namespace.ip("link set tun0 up");
      for (const port of [80, 81]) for (const address of [`10.0.0.${own}`, `10.9.0.${own}`]) await namespace.agent.listen("tcp", address, port);
    }
    await lab.host.nft(stranger);
    for (let attempt = 0; attempt < 20 && (await peer.agent.ping("10.9.0.1")) !== "open"; attempt++);
  });
  after(async () => {
    kernel.close();
    await lab.close();
  });

  async function apply(desired: Ruleset): Promise<void> {
    const { actual } = await kernel.read("hostward");
    for (const batch of diff(actual, desired).batches) await kernel.commit(batch);
  }

  const probe = (from: Namespace, address: string, port: number) => from.agent.probe({ protocol: "tcp", address, port, timeout: 0.4 });

  const rows: readonly (readonly [title: string, policies: readonly Policy[], way: "in" | "out", address: string, port: number])[] = [
    ["what a pre-DNAT policy has allowed is a tunnel's: its content is judged anew", [preDNAT], "in", "10.9.0.1", 80],
    ["what an untracked policy has allowed is a tunnel's: its content is judged anew", [untracked], "in", "10.9.0.1", 80],
    ["a stranger's mark means nothing while there is pre-DNAT policy", [unused.preDNAT], "in", "10.0.0.1", 81],
    ["a stranger's mark means nothing while there is untracked policy", [unused.untracked], "in", "10.0.0.1", 81],
    ["nor on the way out", [unused.untracked, policy("closed", { selector: "has(outer)", types: ["egress"], egress: [rule("Deny")] })], "out", "10.0.0.9", 81],
  ];
  for (const [title, policies, way, address, port] of rows) {
    test(title, async () => {
      const from = way === "in" ? peer : lab.host;
      await apply(ruleset(policies));
      assert.equal(await probe(from, address, port), "timeout");
      await apply(withoutClearing(ruleset(policies)));
      assert.equal(await probe(from, address, port), "open");
    });
  }

  test("the tunnel itself, and connections beside it, are what the policy allows", async () => {
    for (const one of [preDNAT, untracked]) {
      await apply(ruleset([one]));
      assert.equal(await probe(peer, "10.0.0.1", 80), "open", one.metadata.name);
      assert.equal(await probe(lab.host, "10.0.0.9", 80), "open", one.metadata.name);
    }
  });
});
