// Which endpoint governs which interface, and what each endpoint's status says: semantics section 2.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HostEndpoint } from "../../../rules/model/types.ts";
import type { EndpointStatus, Interface, PolicySettings, Resolved } from "../../../rules/resolve/types.ts";
import { endpoint, link, resolved } from "./resources.ts";

interface Row {
  readonly name: string;
  readonly links: readonly Interface[];
  readonly endpoints: readonly HostEndpoint[];
  readonly settings?: Partial<PolicySettings>;
  /** Interface, or "*", to its governor. */
  readonly governed: Readonly<Record<string, string>>;
  readonly statuses: Readonly<Record<string, string>>;
}

/** `state`, then `: reason`, then `(interface < winner)` for each shadow. */
function statusText({ state, reason, shadowed }: EndpointStatus): string {
  const shadows = shadowed.map((shadow) => ` (${shadow.interface} < ${shadow.by})`).join("");
  return `${state}${reason === undefined ? "" : `: ${reason}`}${shadows}`;
}

function governedBy(result: Resolved): Record<string, string> {
  const pairs = result.endpoints.flatMap(({ endpoint: { metadata }, governs }) =>
    (governs.kind === "wildcard" ? ["*"] : governs.names).map((name) => [name, metadata.name] as const),
  );
  assert.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, "an interface has two governors");
  return Object.fromEntries(pairs);
}

const eth0 = link("eth0", ["10.0.240.10"]);
const eth1 = link("eth1", ["10.0.240.11"]);

const felixTable: readonly Row[] = [
  {
    name: "H-t1: an endpoint that names the interface governs it",
    links: [eth0],
    endpoints: [endpoint("id1", { on: "eth0" })],
    governed: { eth0: "id1" },
    statuses: { id1: "up" },
  },
  {
    name: "H-t2: the name decides, even with a wrong address",
    links: [eth0],
    endpoints: [endpoint("id1", { on: "eth0", ips: ["10.0.240.99"] })],
    governed: { eth0: "id1" },
    statuses: { id1: "up" },
  },
  {
    name: "H-t3: a name that is absent is not replaced by an address that is there",
    links: [eth0],
    endpoints: [endpoint("id1", { on: "ethX", ips: ["10.0.240.10"] })],
    governed: {},
    statuses: { id1: "error: no interface named ethX on this host; it has eth0" },
  },
  {
    name: "H-t4: an endpoint without a name governs the interface with its address",
    links: [eth0],
    endpoints: [endpoint("id1", { ips: ["10.0.240.10"] })],
    governed: { eth0: "id1" },
    statuses: { id1: "up" },
  },
  {
    name: "H-t5: the smaller name wins by address against a match by name",
    links: [eth0],
    endpoints: [endpoint("id1", { on: "eth0" }), endpoint("id0", { ips: ["10.0.240.10"] })],
    governed: { eth0: "id0" },
    statuses: { id0: "up", id1: "error: eth0 is governed by 'id0', which sorts first (eth0 < id0)" },
  },
  {
    name: "H-t6: the smaller name wins by name against a match by address",
    links: [eth0],
    endpoints: [endpoint("id1", { on: "eth0" }), endpoint("id2", { ips: ["10.0.240.10"] })],
    governed: { eth0: "id1" },
    statuses: { id1: "up", id2: "error: eth0 is governed by 'id1', which sorts first (eth0 < id1)" },
  },
  {
    name: "H-t7: one endpoint governs every interface that has one of its addresses",
    links: [eth0, eth1],
    endpoints: [endpoint("id1", { ips: ["10.0.240.10", "10.0.240.11"] })],
    governed: { eth0: "id1", eth1: "id1" },
    statuses: { id1: "up" },
  },
  {
    name: "H-t8: an endpoint shadowed on one interface keeps the other",
    links: [eth0, eth1],
    endpoints: [endpoint("id1", { ips: ["10.0.240.10", "10.0.240.11"] }), endpoint("id0", { ips: ["10.0.240.10"] })],
    governed: { eth0: "id0", eth1: "id1" },
    statuses: { id0: "up", id1: "up (eth0 < id0)" },
  },
  {
    name: "H-t9: an endpoint waits for its interface",
    links: [],
    endpoints: [endpoint("id1", { on: "eth0" })],
    governed: {},
    statuses: { id1: "error: no interface named eth0 on this host; it has none" },
  },
  {
    name: "H-t10: an interface that does not run is governed, and down",
    links: [link("eth0", ["10.0.240.10"], false)],
    endpoints: [endpoint("id1", { on: "eth0" })],
    governed: { eth0: "id1" },
    statuses: { id1: "down: eth0 is not running" },
  },
  {
    name: "H-t11: an endpoint whose interface went away governs nothing",
    links: [eth1],
    endpoints: [endpoint("id1", { on: "eth0" })],
    governed: {},
    statuses: { id1: "error: no interface named eth0 on this host; it has eth1" },
  },
  {
    name: "H-t12: the wildcard governs what has no endpoint of its own",
    links: [eth0],
    endpoints: [endpoint("id1", { on: "*" })],
    governed: { "*": "id1" },
    statuses: { id1: "up" },
  },
  {
    name: "H-t13: a named endpoint stands beside the wildcard",
    links: [eth0],
    endpoints: [endpoint("id1", { on: "*" }), endpoint("id2", { on: "eth0" })],
    governed: { "*": "id1", eth0: "id2" },
    statuses: { id1: "up", id2: "up" },
  },
  // H-t14, untracked policy on a wildcard, is in lists.test.ts.
  {
    name: "H-t15: an IPv6 address alone is a match",
    links: [link("eth0", ["10.0.240.10", "fd00::10"])],
    endpoints: [endpoint("id1", { ips: ["fd00::10"] })],
    governed: { eth0: "id1" },
    statuses: { id1: "up" },
  },
];

const facts: readonly Row[] = [
  {
    name: "H1: an endpoint of another node governs nothing here and has no status",
    links: [eth0],
    endpoints: [endpoint("id1", { node: "host2", on: "eth0" }), endpoint("id2", { node: "HOST1", on: "eth0" })],
    governed: {},
    statuses: {},
  },
  {
    name: "H2, G53: an excluded interface has no named governor, by name or by address",
    links: [link("kube-ipvs0", ["10.96.0.1"]), link("veth7", ["10.0.0.7"])],
    endpoints: [endpoint("a", { on: "kube-ipvs0" }), endpoint("b", { ips: ["10.0.0.7"] }), endpoint("w", { on: "*" })],
    settings: {
      interfaceExclude: [
        { kind: "name", name: "kube-ipvs0" },
        { kind: "regex", source: "eth[5-9]$" },
      ],
    },
    governed: { "*": "w" },
    statuses: {
      a: "error: kube-ipvs0 is excluded by interfaceExclude, which no HostEndpoint can govern by name",
      b: "error: expected addresses found only where no HostEndpoint can govern by address: veth7 is excluded by interfaceExclude",
      w: "up",
    },
  },
  {
    name: "H2: an excluded name is exact, not a prefix",
    links: [link("kube-ipvs01")],
    endpoints: [endpoint("a", { on: "kube-ipvs01" })],
    governed: { "kube-ipvs01": "a" },
    statuses: { a: "up" },
  },
  {
    name: "H8: names compare by bytes, so that capitals come first and 10 before 9",
    links: [eth0, eth1],
    endpoints: [endpoint("b", { on: "eth0" }), endpoint("B", { on: "eth0" }), endpoint("id9", { on: "eth1" }), endpoint("id10", { on: "eth1" })],
    governed: { eth0: "B", eth1: "id10" },
    statuses: {
      B: "up",
      b: "error: eth0 is governed by 'B', which sorts first (eth0 < B)",
      id10: "up",
      id9: "error: eth1 is governed by 'id10', which sorts first (eth1 < id10)",
    },
  },
  {
    name: "H11: among wildcards the smallest name wins",
    links: [eth0],
    endpoints: [endpoint("zz", { on: "*" }), endpoint("aa", { on: "*" })],
    governed: { "*": "aa" },
    statuses: { aa: "up", zz: "error: * is governed by 'aa', which sorts first (* < aa)" },
  },
  {
    name: "H15: a workload interface has no endpoint of its own",
    links: [link("cali123", ["10.0.0.7"])],
    endpoints: [endpoint("a", { on: "cali123" }), endpoint("b", { ips: ["10.0.0.7"] })],
    governed: {},
    statuses: {
      a: "error: cali123 is a workload interface, which no HostEndpoint can govern by name",
      b: "error: expected addresses found only where no HostEndpoint can govern by address: cali123 is a workload interface",
    },
  },
  {
    name: "H18: an endpoint is down when one of its interfaces is",
    links: [eth0, link("eth1", ["10.0.240.11"], false)],
    endpoints: [endpoint("id1", { ips: ["10.0.240.10", "10.0.240.11"] })],
    governed: { eth0: "id1", eth1: "id1" },
    statuses: { id1: "down: eth1 is not running" },
  },
  {
    name: "H18: the wildcard is up without any interface",
    links: [],
    endpoints: [endpoint("id1", { on: "*" })],
    governed: { "*": "id1" },
    statuses: { id1: "up" },
  },
  {
    name: "H18: addresses that are nowhere are listed",
    links: [eth0],
    endpoints: [endpoint("id1", { ips: ["10.0.0.1", "fd00::1"] }), endpoint("id2", { ips: ["10.0.0.1"] })],
    governed: {},
    statuses: {
      id1: "error: expected addresses 10.0.0.1, fd00::1 found on no interface",
      id2: "error: expected address 10.0.0.1 found on no interface",
    },
  },
  {
    name: "a reason lists a few interfaces of many, sorted",
    links: ["c", "b", "a", "d", "e", "f", "g", "h", "i", "j"].map((name) => link(name)),
    endpoints: [endpoint("id1", { on: "eth0" })],
    governed: {},
    statuses: { id1: "error: no interface named eth0 on this host; it has a, b, c, d, e, f, g, h and 2 more" },
  },
];

for (const [title, rows] of [
  ["Felix's resolution table", felixTable],
  ["facts of resolution", facts],
] as const) {
  describe(title, () => {
    for (const row of rows) {
      test(row.name, () => {
        const result = resolved(row.endpoints, row.links, row.settings);
        assert.deepEqual(governedBy(result), row.governed);
        assert.deepEqual(Object.fromEntries(result.statuses.map((status) => [status.name, statusText(status)])), row.statuses);
      });
    }
  });
}

test("statuses and endpoints are sorted by name, and a status lists the interfaces", () => {
  const result = resolved([endpoint("b", { on: "eth1" }), endpoint("a", { on: "eth0" })], [eth1, eth0]);
  assert.deepEqual(
    result.endpoints.map(({ endpoint: { metadata } }) => metadata.name),
    ["a", "b"],
  );
  assert.deepEqual(result.statuses, [
    { name: "a", state: "up", interfaces: ["eth0"], wildcard: false, shadowed: [] },
    { name: "b", state: "up", interfaces: ["eth1"], wildcard: false, shadowed: [] },
  ]);
});

describe("the wildcard's status lists the interfaces whose normal traffic it judges", () => {
  const links = [link("lo", ["127.0.0.1"]), eth1, eth0, link("cali1"), link("kube-ipvs0")];
  const endpoints = [endpoint("w", { on: "*" }), endpoint("n", { on: "eth0" })];
  const rows = [
    { name: "without named interfaces, workloads and loopback", settings: {}, interfaces: ["eth1", "kube-ipvs0"] },
    { name: "with loopback where that is policed", settings: { policeLoopback: true }, interfaces: ["eth1", "kube-ipvs0", "lo"] },
  ];
  for (const { name, settings, interfaces } of rows) {
    test(name, () => {
      const status = resolved(endpoints, links, settings).statuses.find((candidate) => candidate.name === "w");
      assert.deepEqual(status, { name: "w", state: "up", interfaces, wildcard: true, shadowed: [] });
    });
  }
});
