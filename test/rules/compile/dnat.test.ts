// What no ruleset can show by itself: that the kernel tells local packets from forwarded ones in postrouting by their input interface, for both
// families, and that a DNATed connection is judged there on its new destination and interface, once (section 0 rows 7 and 8, P50-P53).

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { compile } from "../../../rules/compile/compile.ts";
import { diff } from "../../../rules/diff/diff.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import type { Outcome } from "../../lab/agent.ts";
import { type Lab, openLab } from "../../lab/lab.ts";
import type { Namespace } from "../../lab/namespace.ts";
import { endpoint, link, policy, resolved, rule } from "../resolve/resources.ts";

const families = [
  { service: "10.96.0.1", server: "10.0.0.9", to: "10.0.0.9" },
  { service: "fd96::1", server: "fd00::9", to: "[fd00::9]" },
] as const;

/** Port 80 of a service leads to the server's 8080, port 81 to its 8081: before DNAT both are routed through eth1, after it through eth0. */
const services = families.map(({ service, to }) => {
  const family = service.includes(":") ? "ip6" : "ip";
  const dnat = (port: number) => `${family} daddr ${service} tcp dport ${port} dnat ${family} to ${to}:${8000 + port}`;
  return `table inet services {
    chain out { type nat hook output priority -100; ${dnat(80)}; ${dnat(81)}; }
    chain in { type nat hook prerouting priority -100; ${dnat(81)}; }
  }`;
});

/** Local processes may reach the server's 8080 and nothing else, through whatever interface. */
function ruleset(denyAction: "Drop" | "Reject"): Ruleset {
  const egress = [rule("Allow", { protocol: 6, to: { ports: [8080], nets: families.map(({ server }) => server) } })];
  const resources = [endpoint("eth0", { on: "eth0" }), endpoint("any", { on: "*" }), policy("only-8080", { types: ["egress"], egress })];
  return compile(resolved(resources, [link("eth0"), link("eth1")], { denyAction }));
}

/** A cable just plugged in may lose the first neighbour solicitation, and the next follows after a second. */
async function untilReached(from: Namespace, address: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) if ((await from.agent.ping(address)) === "open") return;
  assert.fail(`${address} cannot be reached`);
}

describe("DNAT by another table", () => {
  const kernel = openNetlinkKernel();
  let lab: Lab;
  let beyond: Namespace;

  before(async () => {
    lab = await openLab();
    const server = await lab.namespace("server");
    beyond = await lab.namespace("beyond");
    await lab.cable(
      { namespace: lab.host, name: "eth0", addresses: ["10.0.0.1/24", "fd00::1/64"] },
      { namespace: server, name: "eth0", addresses: ["10.0.0.9/24", "fd00::9/64"] },
    );
    await lab.cable(
      { namespace: lab.host, name: "eth1", addresses: ["10.0.1.1/24", "fd01::1/64"] },
      { namespace: beyond, name: "eth0", addresses: ["10.0.1.9/24", "fd01::9/64"] },
    );
    await lab.host.agent.sysctl({ "net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1 });
    for (const route of ["10.96.0.0/16 via 10.0.1.9", "fd96::/64 via fd01::9"]) await lab.host.ip(`route add ${route}`);
    for (const route of ["default via 10.0.1.1", "default via fd01::1"]) await beyond.ip(`route add ${route}`);
    for (const route of ["10.0.1.0/24 via 10.0.0.1", "fd01::/64 via fd00::1"]) await server.ip(`route add ${route}`);
    for (const { server: address } of families) for (const port of [8080, 8081]) await server.agent.listen("tcp", address, port);
    for (const text of services) await lab.host.nft(text);
    for (const { server: address } of families) await untilReached(lab.host, address);
  });
  after(async () => {
    kernel.close();
    await lab.close();
  });

  const probe = (from: Namespace, address: string, port: number): Promise<Outcome> => from.agent.probe({ protocol: "tcp", address, port, timeout: 0.4 });

  for (const denyAction of ["Drop", "Reject"] as const) {
    for (const { service, server } of families) {
      test(`${service} with ${denyAction}`, async () => {
        const { actual } = await kernel.read("hostward");
        for (const batch of diff(actual, ruleset(denyAction)).batches) await kernel.commit(batch);
        assert.equal(await probe(lab.host, service, 80), "open", "a service whose server is allowed");
        assert.equal(await probe(lab.host, service, 81), "timeout", "a service whose server is denied: postrouting cannot reject");
        assert.equal(await probe(lab.host, server, 8080), "open", "the allowed server itself");
        assert.equal(await probe(lab.host, server, 8081), denyAction === "Drop" ? "timeout" : "refused", "the denied server itself");
        assert.equal(await probe(beyond, service, 81), "open", "a forwarded connection through the service");
        assert.equal(await probe(beyond, server, 8081), "open", "a forwarded connection without DNAT");
      });
    }
  }
});
