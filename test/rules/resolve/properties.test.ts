// What holds of every host: order never matters, an interface has one governor, nothing local goes without a status, the label
// index changes nothing, and large inputs stay cheap.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { indexLabels, selectLabelled } from "../../../rules/resolve/labelIndex.ts";
import type { Resolved, ResolvedRules } from "../../../rules/resolve/types.ts";
import { matches } from "../../../rules/selector/matches.ts";
import { interfaces, resources, selectorText } from "./arbitrary.ts";
import { endpoint, found, link, NODE, networkSet, policy, resolved, rule, selector } from "./resources.ts";

const host = fc.tuple(resources, interfaces);

/** The same things in another order. */
function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}

function allRules({ endpoints }: Resolved): ResolvedRules[] {
  return endpoints.flatMap(({ lists, profiles }) => [
    ...Object.values(lists).flatMap((list) => [...list.ingress, ...list.egress].flatMap((tier) => tier.policies)),
    ...profiles.flatMap((profile) => [profile.ingress, profile.egress]),
  ]);
}

describe("of every host", () => {
  test("the order of resources, interfaces and addresses changes nothing", () => {
    const again = host.chain(([all, links]) =>
      fc.tuple(fc.constant([all, links] as const), shuffled(all), shuffled(links.map((each) => ({ ...each, addresses: each.addresses.toReversed() })))),
    );
    fc.assert(
      fc.property(again, ([[all, links], otherResources, otherLinks]) => {
        const one = resolved(all, links);
        const other = resolved(otherResources, otherLinks);
        assert.deepEqual(other, one);
        assert.deepEqual([...other.sets.keys()], [...one.sets.keys()]);
      }),
    );
  });

  test("an interface has at most one governor, the host at most one wildcard, and shadows name the governor", () => {
    fc.assert(
      fc.property(host, ([all, links]) => {
        const { endpoints, statuses } = resolved(all, links);
        const governor = new Map<string, string>();
        for (const { endpoint: governing, governs } of endpoints) {
          for (const name of governs.kind === "wildcard" ? ["*"] : governs.names) {
            assert(!governor.has(name), `${name} has two governors`);
            governor.set(name, governing.metadata.name);
          }
        }
        for (const status of statuses) for (const shadow of status.shadowed) assert.equal(governor.get(shadow.interface), shadow.by);
      }),
    );
  });

  test("every local endpoint has one status, which agrees with what it governs", () => {
    fc.assert(
      fc.property(host, ([all, links]) => {
        const { endpoints, statuses } = resolved(all, links);
        const local = all.filter((resource) => resource.kind === "HostEndpoint" && resource.node === NODE).map(({ metadata }) => metadata.name);
        assert.deepEqual(statuses.map(({ name }) => name).sort(), local.sort());
        assert.deepEqual(
          statuses.filter(({ state }) => state !== "error").map(({ name }) => name),
          endpoints.map((each) => each.endpoint.metadata.name),
        );
        for (const { state, reason, name } of statuses) assert.equal(reason === undefined, state === "up", name);
      }),
    );
  });

  test("every set that a rule refers to is there, and no other", () => {
    fc.assert(
      fc.property(host, ([all, links]) => {
        const result = resolved(all, links);
        const rules = allRules(result).flatMap((list) => list.rules);
        const used = rules.flatMap(({ source, destination }) =>
          [source, destination].flatMap((side) => [side.set, side.notSet, side.namedPorts, side.notNamedPorts]),
        );
        // The wildcard's untracked policies are resolved and then left out (H14), so their sets may be there in vain.
        if (all.some((resource) => resource.kind === "GlobalNetworkPolicy" && resource.list === "untracked"))
          for (const id of used) assert(id === undefined || result.sets.has(id), id);
        else assert.deepEqual(new Set(used.filter((id) => id !== undefined)), new Set(result.sets.keys()));
      }),
    );
  });

  test("a resource of another node, with no labels, addresses or ports, changes nothing", () => {
    fc.assert(
      fc.property(host, ([all, links]) => {
        assert.deepEqual(resolved([...all, endpoint("remote", { node: "host3", on: "eth0" })], links), resolved(all, links));
      }),
    );
  });
});

test("the label index finds what trying every item finds", () => {
  const labels = fc.dictionary(fc.constantFrom("role", "zone", "constructor"), fc.constantFrom("a", "b", "ab", ""), { maxKeys: 3 });
  fc.assert(
    fc.property(fc.array(labels.map((own) => ({ labels: own }))), selectorText, (items, text) => {
      const parsed = selector(text);
      const selected = selectLabelled(indexLabels(items), parsed);
      assert.equal(new Set(selected).size, selected.length, "an item came twice");
      assert.deepEqual(new Set(selected), new Set(items.filter((item) => matches(parsed, item.labels))));
    }),
  );
});

test("the label index gives an item once for a value that is listed twice", () => {
  const item = { labels: { role: "a" } };
  assert.deepEqual(selectLabelled(indexLabels([item]), { kind: "in", label: "role", negated: false, values: ["a", "a"] }), [item]);
});

describe("a large host", () => {
  const links = Array.from({ length: 1000 }, (_, i) => link(`eth${i}`));
  const endpoints = links.map(({ name }, i) => endpoint(name, { on: name, ips: [`10.1.${i >> 8}.${i & 255}`], labels: { name, role: `r${i % 100}` } }));
  const nets = Array.from({ length: 100_000 }, (_, i) => `10.${100 + (i >> 15)}.${(i >> 7) & 255}.${(i * 2) & 255}`);
  const sets = Array.from({ length: 200 }, (_, i) => networkSet(`set${i}`, { set: `s${i}` }, nets.slice(i * 500, i * 500 + 500)));
  const peer = (i: number) => rule("Allow", { protocol: 6, from: { selector: `set == 's${i % 200}'` }, to: { ports: [443] } });
  const policies = (count: number, select: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => policy(`p${i}`, { order: i % 7, selector: select(i), ingress: [peer(i), peer(i + 1)] }));

  test("10k policies by role, 1k endpoints and 100k set members resolve", () => {
    const all = [...endpoints, ...sets, ...policies(10_000, (i) => `role == 'r${i % 100}'`)];
    assert.equal(found(resolved(all, links), "eth7").lists.normal.ingress[0]?.policies.length, 100);
  });

  test("10k policies that all select 1k endpoints with labels of their own resolve", () => {
    const all = [...endpoints, ...sets, ...policies(10_000, () => "all()")];
    const result = resolved(all, links);
    assert.equal(found(result, "eth7").lists, found(result, "eth8").lists);
  });

  test("one set of 100k addresses stays 100k members", () => {
    const all = [
      endpoint("id1", { on: "eth0" }),
      networkSet("big", { set: "big" }, nets),
      policy("p", { ingress: [rule("Allow", { from: { selector: "set == 'big'" } })] }),
    ];
    assert.equal([...resolved(all, [link("eth0")]).sets.values()][0]?.members[4].keys.count, 100_000);
  });
});
