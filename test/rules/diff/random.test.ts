// Random rulesets, each to the next: a diff leads to what is desired, whether the table is known as hostward left it or as a kernel lists it, the kernel
// would take it, and no packet sees anything half done (model.ts, inFlight.ts).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import { describeDifference } from "../../../rules/diff/difference.ts";
import type { Actual } from "../../../rules/diff/types.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { ruleIdentity } from "../../../rules/ruleset/identity.ts";
import { packKeys, packRanges } from "../../../rules/ruleset/keys.ts";
import type { Chain, MapEntry, NftMap, NftSet, Rule, Ruleset, Statement, Verdict } from "../../../rules/ruleset/types.ts";
import { applied, expected } from "./model.ts";

const bases = ["b0", "b1"];
const regulars = ["c0", "c1", "c2", "c3"];
const hashes = ["h0", "h1"];
const intervals = ["i0", "i1"];
const maps = ["m0", "m1"];

/** What there is, as names: rules and entries refer to nothing else. Of a table with any of these everything else is drawn freely. */
interface Names {
  readonly bases: readonly string[];
  readonly regulars: readonly string[];
  readonly sets: readonly string[];
  readonly maps: readonly string[];
}

const names: fc.Arbitrary<Names> = fc.record({
  bases: fc.subarray(bases),
  regulars: fc.subarray(regulars),
  sets: fc.subarray([...hashes, ...intervals]),
  maps: fc.subarray(maps),
});

const ruleset: fc.Arbitrary<Ruleset> = names.chain((known) =>
  fc.record({
    table: fc.constant("hostward"),
    chains: fc.tuple(...[...known.bases, ...known.regulars].map((name) => chainOf(name, known))),
    sets: fc.tuple(...known.sets.map((name) => (hashes.includes(name) ? hashOf(name) : intervalOf(name)))),
    maps: fc.tuple(...known.maps.map((name) => mapOf(name, known))),
  }),
);

function chainOf(name: string, known: Names): fc.Arbitrary<Chain> {
  return fc.array(ruleOf(name, known), { maxLength: 5 }).map((rules): Chain => {
    if (regulars.includes(name)) return { kind: "regular", name, rules };
    return { kind: "base", name, hook: "input", priority: bases.indexOf(name), rules };
  });
}

/** Jumps lead to later chains only. A map leads anywhere, so only base chains ask one. */
function ruleOf(chain: string, known: Names): fc.Arbitrary<Rule> {
  const later = known.regulars.filter((name) => bases.includes(chain) || name > chain);
  const ends: fc.Arbitrary<Statement>[] = [verdictOf(later).map((verdict): Statement => ({ kind: "verdict", verdict }))];
  if (bases.includes(chain) && known.maps.length > 0) {
    ends.push(fc.constantFrom(...known.maps).map((map): Statement => ({ kind: "vmap", fields: ["meta iifname"], map })));
  }
  const lookups = known.sets.map((set): Statement => ({ kind: "lookup", fields: ["ip saddr"], op: "in", set }));
  const matches = fc.subarray(lookups, { maxLength: Math.min(1, lookups.length) });
  const effects = fc.subarray<Statement>([{ kind: "counter" }]);
  return fc
    .tuple(matches, effects, fc.oneof(...ends), fc.nat(2))
    .map(([found, counted, end, at]) => ({ statements: [...found, ...counted, end], origin: { kind: "test", name: `${at}` } }));
}

function verdictOf(chains: readonly string[]): fc.Arbitrary<Verdict> {
  const plain = fc.constantFrom<Verdict>({ kind: "accept" }, { kind: "drop" }, { kind: "return" });
  if (chains.length === 0) return plain;
  const leap = fc.record({ kind: fc.constantFrom("jump" as const, "goto" as const), chain: fc.constantFrom(...chains) });
  return fc.oneof(plain, leap);
}

function hashOf(name: string): fc.Arbitrary<NftSet> {
  return fc.subarray([1, 2, 3, 4, 5, 6]).map((values): NftSet => {
    const rows = values.map((value) => [{ family: 4, value: BigInt(value) }] as const);
    return { name, types: ["ipv4_addr"], flavour: "hash", keys: packKeys(["ipv4_addr"], rows), comment: "" };
  });
}

function intervalOf(name: string): fc.Arbitrary<NftSet> {
  const range = fc.tuple(fc.nat(40), fc.nat(8)).map(([from, length]) => ({ from, to: from + length }));
  return fc
    .array(range, { maxLength: 5 })
    .map((ranges): NftSet => ({ name, types: ["ipv4_addr"], flavour: "interval", keys: packRanges("ipv4_addr", ranges), comment: "" }));
}

function mapOf(name: string, known: Names): fc.Arbitrary<NftMap> {
  const entry = (key: string): fc.Arbitrary<MapEntry> =>
    fc
      .tuple(verdictOf(known.regulars), fc.boolean())
      .map(([verdict, named]) => ({ key: [key], verdict, ...(named ? { origin: { kind: "test", name: key } } : {}) }));
  return fc
    .subarray(["eth0", "eth1", "eth2", "eth3"])
    .chain((keys) => fc.tuple(...keys.map(entry)))
    .map((entries): NftMap => ({ name, types: ["ifname"], entries, comment: "" }));
}

/** No object is one of hostward's. */
function asListed({ chains, sets, maps: all }: Actual): Actual {
  const listed = structuredClone({ sets, maps: all });
  const held = chains.map((chain) => ({
    ...chain,
    rules: chain.rules.map((rule) => ("identity" in rule ? rule : { kind: "held" as const, identity: ruleIdentity(rule) })),
  }));
  return { chains: held, ...listed };
}

describe("random rulesets", () => {
  test("are sound", () => {
    fc.assert(
      fc.property(ruleset, (one) => {
        assert.deepEqual(checkRuleset(one), []);
      }),
      { numRuns: 200 },
    );
  });

  test("from each to the next", () => {
    fc.assert(
      fc.property(fc.array(ruleset, { minLength: 1, maxLength: 4 }), (walk) => {
        let actual: Actual | undefined;
        for (const desired of walk) {
          const wanted = expected(desired);
          assert.deepEqual(applied(actual, diff(actual, desired)), wanted);
          if (actual !== undefined) assert.deepEqual(applied(actual, diff(asListed(actual), desired)).chains, wanted.chains);
          actual = actualOf(desired);
          assert.deepEqual(diff(asListed(actual), desired), { batches: [] });
          assert.equal(describeDifference(asListed(actual), actual), undefined);
        }
      }),
      { numRuns: 400 },
    );
  });
});
