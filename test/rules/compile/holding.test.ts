import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gone, type Held, Holding } from "../../../rules/compile/holding.ts";
import { Registry } from "../../../rules/compile/registry.ts";

const thing = (): Held => ({ holders: 0, holds: [] });

test("what loses its last holder goes at the end of the pass, and with it what only that has held", () => {
  const holding = new Holding();
  const [root, tier, policy, shared] = [thing(), thing(), thing(), thing()];
  holding.change(policy, [shared]);
  holding.change(tier, [policy]);
  holding.change(root, [tier, shared]);
  assert.deepEqual(holding.sweep(), []);
  holding.change(root, [shared]);
  assert.deepEqual(holding.sweep(), [tier, policy]);
  assert.deepEqual(
    [tier, policy, shared].map(({ holders }) => holders),
    [gone, gone, 1],
  );
});

test("what is let go and taken up again in one pass stays", () => {
  const holding = new Holding();
  const [root, tier, policy] = [thing(), thing(), thing()];
  holding.change(tier, [policy, policy]);
  holding.change(root, [tier]);
  holding.change(tier, []);
  holding.change(root, [policy]);
  holding.change(root, [tier, policy]);
  assert.deepEqual(holding.sweep(), []);
  assert.equal(policy.holders, 1);
});

test("a registry lists what it has by name after any changes, and the very list while there are none", () => {
  const change = fc.record({ name: fc.constantFrom(..."abcdefgh"), isDropped: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 }), (passes) => {
      const registry = new Registry();
      const expected = new Map<string, { readonly name: string }>();
      for (const changes of passes) {
        const before = registry.settle();
        for (const { name, isDropped } of changes) {
          const held = registry.get(name);
          const value = { name };
          if (held === undefined) registry.add({ ...thing(), name, value });
          else if (isDropped) registry.drop([held]);
          else registry.replace(held, value);
          if (held !== undefined && isDropped) expected.delete(name);
          else expected.set(name, value);
        }
        const values = registry.settle();
        const sorted = [...expected.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
        assert.ok(values.length === sorted.length && values.every((value, at) => value === sorted[at]));
        if (changes.length === 0) assert.equal(values, before);
        assert.equal(registry.settle(), values);
      }
    }),
  );
});

test("an entry of the same name that is another registry's stays", () => {
  const [chains, sets] = [new Registry(), new Registry()];
  const chain = chains.add({ ...thing(), name: "a", value: { name: "a" } });
  const set = sets.add({ ...thing(), name: "a", value: { name: "a" } });
  chains.drop([set]);
  assert.equal(chains.get("a"), chain);
});
