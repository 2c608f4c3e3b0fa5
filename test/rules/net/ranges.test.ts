import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatPrefix, parsePrefix, prefixContains, prefixRange } from "../../../rules/net/prefix.ts";
import { complementRanges, intersectRanges, mergePrefixes, mergeRanges, rangePrefixes, subtractRanges } from "../../../rules/net/ranges.ts";
import type { Address, AddressRange, Prefix } from "../../../rules/net/types.ts";
import { address, prefix, range } from "./arbitrary.ts";

const merges: readonly (readonly [sentence: string, before: readonly string[], after: readonly string[]])[] = [
  ["nothing stays nothing", [], []],
  ["a duplicate goes", ["10.0.0.0/8", "10.0.0.0/8"], ["10.0.0.0/8"]],
  ["what a wider one covers goes", ["10.1.0.0/16", "10.0.0.0/8", "10.255.255.255/32"], ["10.0.0.0/8"]],
  ["two halves become the whole", ["10.0.1.0/24", "10.0.0.0/24"], ["10.0.0.0/23"]],
  ["neighbours that are not halves stay", ["10.0.1.0/24", "10.0.2.0/24"], ["10.0.1.0/24", "10.0.2.0/24"]],
  ["halves of halves cascade", ["10.0.0.0/26", "10.0.0.64/26", "10.0.0.128/25"], ["10.0.0.0/24"]],
  ["the two halves of everything are everything", ["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/0"]],
  ["families never meet", ["::/0", "0.0.0.0/0"], ["0.0.0.0/0", "::/0"]],
  ["IPv6 halves too", ["2001:db8::/33", "2001:db8:8000::/33"], ["2001:db8::/32"]],
];

for (const [sentence, before, after] of merges) {
  test(`in a union of prefixes ${sentence}`, () => {
    assert.deepEqual(mergePrefixes(before.map((text) => parsePrefix(text) ?? assert.fail(text))).map(formatPrefix), after);
  });
}

const inPrefixes = (prefixes: readonly Prefix[], a: Address) => prefixes.some((p) => prefixContains(p, a));
const inRanges = (ranges: readonly AddressRange[], a: Address) => ranges.some((r) => r.family === a.family && r.from <= a.value && a.value <= r.to);

/** The addresses where membership can change: both ends of every range and the one beyond each. */
function edges(ranges: readonly AddressRange[]): Address[] {
  return ranges.flatMap(({ family, from, to }) => [from, from - 1n, to, to + 1n].filter((v) => v >= 0n).map((value) => ({ family, value })));
}

test("a union of prefixes holds the same addresses, and is the shortest list that does", () => {
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 40 }), (prefixes) => {
      const merged = mergePrefixes(prefixes);
      for (const a of edges(prefixes.map(prefixRange))) assert.equal(inPrefixes(merged, a), inPrefixes(prefixes, a));
      assert.deepEqual(merged, mergeRanges(prefixes.map(prefixRange)).flatMap(rangePrefixes));
    }),
  );
});

test("a union of prefixes does not depend on their order", () => {
  const shuffled = fc.array(prefix, { maxLength: 40 }).chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
  fc.assert(fc.property(shuffled, ([list, other]) => assert.deepEqual(mergePrefixes(list), mergePrefixes(other))));
});

test("union, intersection, complement and difference of ranges are those of the sets", () => {
  const lists = fc.array(range, { maxLength: 12 });
  fc.assert(
    fc.property(lists, lists, fc.array(address), (a, b, others) => {
      for (const at of [...edges(a), ...edges(b), ...others]) {
        if (at.value >> (at.family === 4 ? 32n : 128n) !== 0n) continue;
        const [inA, inB] = [inRanges(a, at), inRanges(b, at)];
        assert.equal(inRanges(mergeRanges([...a, ...b]), at), inA || inB);
        assert.equal(inRanges(intersectRanges(a, b), at), inA && inB);
        assert.equal(inRanges(complementRanges(a), at), !inA);
        assert.equal(inRanges(subtractRanges(a, b), at), inA && !inB);
      }
    }),
  );
});

test("results are sorted, disjoint and without neighbours", () => {
  const lists = fc.array(range, { maxLength: 12 });
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      for (const result of [mergeRanges(a), intersectRanges(a, b), complementRanges(a), subtractRanges(a, b)]) {
        assert.deepEqual(mergeRanges(result), result);
      }
    }),
  );
});

test("the prefixes of a range cover it exactly and none of them can be wider", () => {
  fc.assert(
    fc.property(range, (r) => {
      const prefixes = rangePrefixes(r);
      assert.deepEqual(mergeRanges(prefixes.map(prefixRange)), [r]);
      assert.deepEqual(mergePrefixes(prefixes), prefixes);
    }),
  );
});
