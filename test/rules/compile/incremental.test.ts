// A compiler that remembers: over random walks of snapshots it gives what compile gives from nothing, and what a step leaves alone is the same object as
// before. How much of a ruleset is made anew is counted in rules.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compile, createCompiler } from "../../../rules/compile/compile.ts";
import type { HostEndpoint, Policy, Resource } from "../../../rules/model/types.ts";
import { createResolver } from "../../../rules/resolve/resolve.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { Resolved } from "../../../rules/resolve/types.ts";
import { createCheck } from "../../../rules/ruleset/check.ts";
import type { Chain, Rule, Ruleset } from "../../../rules/ruleset/types.ts";
import { endpoint, link, NODE, networkSet, policy, rule } from "../resolve/resources.ts";
import * as arbitrary from "./arbitrary.ts";
import { step, type Taken, take } from "./walk.ts";

/** What both have under one name, with equal content, is one object. */
function assertShared(before: Ruleset, after: Ruleset, isOther: (chain: Chain) => boolean): void {
  for (const part of ["chains", "sets", "maps"] as const) {
    const old = new Map<string, object>(before[part].map((thing) => [thing.name, thing]));
    let same = before[part].length === after[part].length;
    for (const thing of after[part]) {
      const known = old.get(thing.name);
      if (known !== thing) same = false;
      if (known === undefined || known === thing || ("rules" in thing && isOther(thing))) continue;
      assert.notDeepEqual(thing, known, `${part} ${thing.name} is made anew`);
    }
    assert.equal(before[part] === after[part], same, `the list of ${part}`);
  }
}

/**
 * Rules that may be equal and yet be other objects: of a policy that the step has put in the place of another of its name, and of those that looked up a set
 * which is called otherwise now, be it for a rule that then came to nothing.
 */
function mayDiffer({ replaced }: Taken, before: Ruleset, after: Ruleset): (chain: Chain) => boolean {
  const isRenamed = before.sets.map(({ name }) => name).join() !== after.sets.map(({ name }) => name).join();
  return ({ rules }) => rules.some(({ origin }) => origin.index !== undefined && (isRenamed || origin.name === replaced));
}

describe("a compiler that remembers", () => {
  test("gives what compile gives from nothing, out of the same objects wherever a step leaves things alone", () => {
    fc.assert(
      fc.property(arbitrary.resolved, fc.array(step, { minLength: 1, maxLength: 12 }), (first, steps) => {
        const [compileNext, check] = [createCompiler(), createCheck()];
        const past: Resolved[] = [first];
        let before = compileNext(first);
        for (const one of steps) {
          const taken = take(past, one);
          const { next } = taken;
          const after = compileNext(next);
          assert.deepEqual(after, compile(next));
          assert.deepEqual(check(after), []);
          if (next.settings === past.at(-1)?.settings && next.tunnelPeers === past.at(-1)?.tunnelPeers)
            assertShared(before, after, mayDiffer(taken, before, after));
          if (one.kind === "nothing") assert.equal(after, before);
          past.push(next);
          before = after;
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("what is compiled anew", () => {
  const members = (last: string): Resource => networkSet("office", { place: "office" }, ["192.0.2.1", "198.51.100.0/24", last]);
  const form = (port: number): Policy["ingress"] => [
    rule("Allow", { protocol: 6, to: { ports: [port] } }),
    rule("Allow", { protocol: 17, from: { selector: "place == 'office'" } }),
  ];
  const hosts: readonly HostEndpoint[] = ["a", "b"].map((name, at) => endpoint(name, { on: `eth${at}` }));
  const policies = (count: number): readonly Policy[] =>
    Array.from({ length: count }, (_, at) => policy(`p${String(at).padStart(4, "0")}`, { ingress: form(1 + at) }));

  interface Change {
    readonly before: Ruleset;
    readonly after: Ruleset;
    readonly newRules: readonly Rule[];
    readonly newChains: readonly string[];
  }

  function change(from: readonly Resource[], to: readonly Resource[]): Change {
    const [resolve, compileNext] = [createResolver(), createCompiler()];
    const compiled = (resources: readonly Resource[]) => compileNext(resolve({ node: NODE, resources, interfaces: links, settings: defaultPolicySettings }));
    const [before, after] = [compiled(from), compiled(to)];
    const [oldChains, oldRules] = [new Set<Chain>(before.chains), new Set(before.chains.flatMap(({ rules }) => rules))];
    const newRules = after.chains.flatMap(({ rules }) => rules.filter((one) => !oldRules.has(one)));
    return { before, after, newRules, newChains: after.chains.filter((chain) => !oldChains.has(chain)).map(({ name }) => name) };
  }
  const links = [link("eth0"), link("eth1"), link("eth2")];

  for (const count of [10, 1000]) {
    const all = policies(count);
    const others = [...hosts, members("203.0.113.9")];

    test(`one policy of ${count} that changes is one rule in its chain and nothing else`, () => {
      const { newRules, newChains } = change([...others, ...all], [...others, ...all.with(5, policy("p0005", { ingress: form(60_000) }))]);
      assert.deepEqual(
        newRules.map(({ origin }) => origin.index),
        [0],
      );
      assert.deepEqual(newChains, ["pol-in-p0005"]);
    });

    test(`one policy more than ${count} is its chain, and a rule in the tier's`, () => {
      const { before, after, newRules, newChains } = change([...others, ...all], [...others, ...all, policy("p0005b", { ingress: form(60_000) })]);
      assert.equal(newRules.length, 4);
      assert.deepEqual(newChains, ["pol-in-p0005b", "tier-in-default/a"]);
      assert.equal(after.chains.length, before.chains.length + 1);
    });

    test(`one policy of ${count} that goes leaves all other rules`, () => {
      const { newRules, newChains } = change([...others, ...all], [...others, ...all.toSpliced(5, 1)]);
      assert.deepEqual([newRules, newChains], [[], ["tier-in-default/a"]]);
    });

    test(`one member of a set that ${count} policies use is a set and no rule`, () => {
      const { before, after } = change([...others, ...all], [...hosts, members("203.0.113.10"), ...all]);
      assert.equal(after.chains, before.chains);
      assert.equal(after.maps, before.maps);
      assert.deepEqual(
        after.sets.filter((set, at) => set !== before.sets[at]).map(({ comment }) => comment),
        ['selector place == "office" (IPv4)'],
      );
    });

    test(`one endpoint more beside ${count} policies is its chains, and an entry in the maps`, () => {
      const { before, after, newRules, newChains } = change([...others, ...all], [...others, endpoint("c", { on: "eth2" }), ...all]);
      assert.deepEqual(newChains, ["ep-fwd-in-c", "ep-fwd-out-c", "ep-in-c", "ep-out-c"]);
      assert.deepEqual(newRules, []);
      const entries = new Set(before.maps.flatMap((map) => map.entries));
      assert.equal(after.maps.flatMap((map) => map.entries.filter((entry) => !entries.has(entry))).length, after.maps.length);
    });
  }

  test("a policy takes the set that nobody else uses with it, and its rules, its chain and its set come back", () => {
    const all = [...hosts, members("203.0.113.9"), ...policies(3)];
    const alone = policy("q", { ingress: [rule("Allow", { from: { selector: "place == 'home'" } }), rule("Pass", { protocol: 6 })], egress: form(7) });
    const [resolve, compileNext] = [createResolver(), createCompiler()];
    const resolved = [all, [...all, alone], all, [...all, alone]].map((resources) =>
      resolve({ node: NODE, resources, interfaces: links, settings: defaultPolicySettings }),
    );
    const [without, ...rest] = resolved.map((one) => compileNext(one));
    assert.deepEqual(
      rest,
      resolved.slice(1).map((one) => compile(one)),
    );
    assert.deepEqual(without, rest[1]);
    assert.deepEqual(
      rest[0]?.sets.filter(({ name }) => without?.sets.every((set) => set.name !== name)).map(({ comment }) => comment),
      ['selector place == "home" (IPv4)', 'selector place == "home" (IPv6)'],
    );
  });

  test("a tier that endpoints share is called after the first of them, whichever goes and comes back", () => {
    const three = ["a", "b", "c"].map((name, at) => endpoint(name, { on: `eth${at}` }));
    const [resolve, compileNext] = [createResolver(), createCompiler()];
    for (const some of [three, three.slice(1), three.slice(2), three, three.toSpliced(1, 1), three]) {
      const resources = [...some, members("203.0.113.9"), ...policies(3)];
      const resolved = resolve({ node: NODE, resources, interfaces: links, settings: defaultPolicySettings });
      assert.deepEqual(compileNext(resolved), compile(resolved));
    }
  });

  test("what a pass that failed has half done changes nothing", () => {
    const resolved = createResolver()({
      node: NODE,
      resources: [...hosts, members("203.0.113.9"), ...policies(3)],
      interfaces: links,
      settings: defaultPolicySettings,
    });
    const compileNext = createCompiler();
    assert.throws(() => compileNext({ ...resolved, sets: new Map() }), /there is no set for/);
    assert.deepEqual(compileNext(resolved), compile(resolved));
  });

  test("a set that outgrows its size is another one, and what looks it up is compiled again", () => {
    const many = networkSet(
      "office",
      { place: "office" },
      Array.from({ length: 200 }, (_, at) => `192.0.2.${at}`),
    );
    const other = policy("q", { ingress: [rule("Deny", { protocol: 6 })] });
    const all = [...hosts, ...policies(3), other];
    const { newChains } = change([...all, networkSet("office", { place: "office" }, ["192.0.2.1"])], [...all, many]);
    assert.deepEqual(newChains, ["pol-in-p0000", "pol-in-p0001", "pol-in-p0002"]);
  });
});
