// What the cluster's other kinds are to a host's rules: services by their endpoints (M42), sets of namespaces (S32), service accounts (M41), and
// policies that never judge a host (rows 16 and 24).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readManifest } from "../../../agent/sources/manifest.ts";
import type { Resource } from "../../../rules/model/types.ts";
import type { Resolved } from "../../../rules/resolve/types.ts";
import { type EntityForm, endpoint, found, link, membersOf, networkSet, networkSetIn, policy, profile, resolved, rule, slice } from "./resources.ts";

const TCP = 6;
const web = { namespace: "prod", name: "web" };

const services: readonly Resource[] = [
  slice("web-1", "prod/web", { ips: ["10.1.0.1", "10.1.0.2"], ports: ["TCP/8080", "UDP/53"] }),
  slice("web-2", "prod/web", { ips: ["10.1.0.2", "10.1.0.3"], ports: ["TCP/8081"] }),
  slice("web-6", "prod/web", { ips: ["fd00::1"], ports: ["TCP/8080"] }),
  slice("web-1", "test/web", { ips: ["10.2.0.1"], ports: ["TCP/8080"] }),
];

function resolvedWith(
  resources: readonly Resource[],
  direction: "ingress" | "egress",
  sides: { from?: EntityForm; to?: EntityForm; protocol?: number },
): Resolved {
  return resolved([...resources, endpoint("id1", { on: "eth0" }), policy("p", { types: [direction], [direction]: [rule("Allow", sides)] })]);
}

function onlyRule(result: Resolved, direction: "ingress" | "egress") {
  const [only] = found(result, "id1").lists.normal[direction][0]?.policies[0]?.rules ?? [];
  assert(only !== undefined);
  return only;
}

describe("M42: a service", () => {
  test("as a destination is its endpoints with the ports of their own slice, each once", () => {
    const result = resolvedWith(services, "egress", { to: { services: web } });
    const { set, ports, namedPorts } = onlyRule(result, "egress").destination;
    assert.deepEqual([set, ports, namedPorts], [undefined, undefined, "ports of service prod/web"]);
    assert.deepEqual(membersOf(result), {
      "ports of service prod/web": [
        "10.1.0.1 . tcp . 8080",
        "10.1.0.1 . udp . 53",
        "10.1.0.2 . tcp . 8080",
        "10.1.0.2 . tcp . 8081",
        "10.1.0.2 . udp . 53",
        "10.1.0.3 . tcp . 8081",
        "fd00::1 . tcp . 8080",
      ],
    });
  });

  test("as a destination has only the ports of the rule's protocol", () => {
    const result = resolvedWith(services, "egress", { to: { services: web }, protocol: 17 });
    assert.deepEqual(membersOf(result), { [onlyRule(result, "egress").destination.namedPorts ?? ""]: ["10.1.0.1 . udp . 53", "10.1.0.2 . udp . 53"] });
  });

  test("as a source is the addresses of its endpoints, whatever the ports, beside the ports of the rule's other side", () => {
    const result = resolvedWith(services, "ingress", { from: { services: web }, to: { ports: [443] }, protocol: TCP });
    const { source, destination } = onlyRule(result, "ingress");
    assert.equal(source.namedPorts, undefined);
    assert.deepEqual(membersOf(result), { [source.set ?? ""]: ["10.1.0.1", "10.1.0.2", "10.1.0.3", "fd00::1"] });
    assert.deepEqual(destination.ports, [{ from: 443, to: 443 }]);
  });

  test("that no slice is of is nowhere: the rule matches nothing", () => {
    const nowhere = { namespace: "prod", name: "wep" };
    assert.deepEqual(membersOf(resolvedWith(services, "egress", { to: { services: nowhere } })), { "ports of service prod/wep": [] });
    assert.deepEqual(membersOf(resolvedWith(services, "ingress", { from: { services: nowhere } })), { "service prod/wep": [] });
  });

  test("is one set for all rules that name it", () => {
    const question = rule("Allow", { to: { services: web } });
    const result = resolved([...services, endpoint("id1", { on: "eth0" }), policy("p", { types: ["egress"], egress: [question, question] })]);
    const [first, second] = found(result, "id1").lists.normal.egress[0]?.policies[0]?.rules ?? [];
    assert.equal(first?.destination.namedPorts, second?.destination.namedPorts);
    assert.equal(result.sets.size, 1);
  });
});

describe("S32: a NetworkSet", () => {
  const kns = profile("kns.prod", { labelsToApply: { "pcns.stage": "live", role: "overridden" } });
  const office = networkSetIn("prod", { role: "office" }, ["192.168.0.0/24"]);
  const stray = networkSet("stray", { role: "office" }, ["192.168.9.0/24"]);
  const rows: readonly { name: string; selector: string; nets: readonly string[] }[] = [
    { name: "is a peer by its own labels", selector: "role == 'office'", nets: ["192.168.0.0/24", "192.168.9.0/24"] },
    { name: "has its namespace as a label", selector: "projectcalico.org/namespace == 'prod'", nets: ["192.168.0.0/24"] },
    { name: "has the labels of the namespace's profile", selector: "pcns.stage == 'live'", nets: ["192.168.0.0/24"] },
    { name: "keeps its own labels before those of the profile", selector: "role == 'overridden'", nets: [] },
  ];
  for (const { name, selector, nets } of rows) {
    test(name, () => assert.deepEqual(Object.values(membersOf(resolvedWith([office, stray, kns], "ingress", { from: { selector } }))), [nets]));
  }

  test("of another namespace than the profile's inherits nothing", () => {
    const elsewhere = networkSetIn("test", {}, ["192.168.0.0/24"]);
    assert.deepEqual(Object.values(membersOf(resolvedWith([elsewhere, kns], "ingress", { from: { selector: "has(pcns.stage)" } }))), [[]]);
  });
});

test("rows 16 and 24: policies of pods and staged ones are in no list, and their tiers do not exist by them", () => {
  const rules = "ingress: [{action: Deny}]";
  const kinds = ["NetworkPolicy", "StagedNetworkPolicy", "StagedGlobalNetworkPolicy"].map(
    (kind) => `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: {name: p}\nspec: {${rules}}\n`,
  );
  const pods = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {}}\n`;
  const { resources, problems } = readManifest([...kinds, pods].join("---\n"), "f");
  assert.deepEqual([resources.length, problems], [4, []]);
  const result = resolved([...resources, endpoint("id1", { on: "eth0" })]);
  const none = { ingress: [], egress: [] };
  assert.deepEqual(found(result, "id1").lists, { normal: none, forward: none, preDNAT: none, untracked: none });
});

describe("row 27: tunnels come from and go to", () => {
  const hosts = [endpoint("id1", { on: "eth0", ips: ["10.0.0.1"] }), endpoint("id2", { node: "host2", on: "*", ips: ["10.0.0.2", "fd00::2"] })];
  const off = { vxlan: [], ipip: false, wireguard: [], peers: [] };
  const peersOf = (encapsulation: typeof off | object) => {
    const result = resolved(hosts, [link("eth0")], { encapsulation: { ...off, ...encapsulation } });
    return [result.tunnelPeers, membersOf(result)];
  };

  test("nobody while there are none", () => assert.deepEqual(peersOf({ peers: [] }), [undefined, {}]));

  for (const [name, on] of Object.entries({ VXLAN: { vxlan: [4789] }, IPIP: { ipip: true }, WireGuard: { wireguard: [51820] } })) {
    test(`the addresses of other nodes' endpoints, with ${name}`, () =>
      assert.deepEqual(peersOf(on), ["tunnel peers", { "tunnel peers": ["10.0.0.2", "fd00::2"] }]));
  }

  test("and the networks that the settings add", () => {
    const peers = [{ family: 4 as const, address: 0xc0a80000n, length: 16 }];
    assert.deepEqual(peersOf({ ipip: true, peers }), ["tunnel peers", { "tunnel peers": ["10.0.0.2", "192.168.0.0/16", "fd00::2"] }]);
  });
});
