import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mergePorts, parsePort } from "../../../rules/net/ports.ts";

const rows: readonly (readonly [value: unknown, parsed: ReturnType<typeof parsePort> | "bad"])[] = [
  [80, { kind: "range", range: { from: 80, to: 80 } }],
  [1, { kind: "range", range: { from: 1, to: 1 } }],
  [65535, { kind: "range", range: { from: 65535, to: 65535 } }],
  ["80", { kind: "range", range: { from: 80, to: 80 } }],
  ["80:90", { kind: "range", range: { from: 80, to: 90 } }],
  ["80:80", { kind: "range", range: { from: 80, to: 80 } }],
  ["http", { kind: "name", name: "http" }],
  ["some-port", { kind: "name", name: "some-port" }],
  ["8080tcp", { kind: "name", name: "8080tcp" }],
  [0, "bad"],
  [65536, "bad"],
  [-1, "bad"],
  [80.5, "bad"],
  [Number.NaN, "bad"],
  ["0", "bad"],
  ["0:80", "bad"],
  ["1:65536", "bad"],
  ["90:80", "bad"],
  ["80-90", "bad"],
  ["80:", "bad"],
  [":80", "bad"],
  ["80:90:100", "bad"],
  ["", "bad"],
  ["HTTP", "bad"],
  ["a--b", "bad"],
  ["-a", "bad"],
  ["a-", "bad"],
  ["a_b", "bad"],
  ["sixteen-letters-", "bad"],
  ["abcdefghijklmnop", "bad"],
  [" 80", "bad"],
  [true, "bad"],
  [null, "bad"],
  [[80], "bad"],
];

for (const [value, expected] of rows) {
  test(`the port ${JSON.stringify(value)} is ${expected === "bad" ? "refused" : `a ${expected.kind}`}`, () => {
    const parsed = parsePort(value);
    if (expected === "bad") assert.equal(parsed.kind, "bad");
    else assert.deepEqual(parsed, expected);
  });
}

test("a range with a dash is answered with the same range written with a colon", () => {
  const parsed = parsePort("80-90");
  assert.equal(parsed.kind === "bad" && parsed.hint, 'write the range with a colon: "80:90"');
});

test("a union of port ranges holds the same ports, sorted, disjoint and without neighbours", () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(9)).map(([from, more]) => ({ from, to: from + more }));
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const merged = mergePorts(ranges);
      const has = (list: readonly { from: number; to: number }[], port: number) => list.some((r) => r.from <= port && port <= r.to);
      for (let port = 0; port <= 71; port++) assert.equal(has(merged, port), has(ranges, port));
      for (const [i, next] of merged.slice(1).entries()) assert.ok(next.from > (merged[i]?.to ?? 0) + 1);
    }),
  );
});
