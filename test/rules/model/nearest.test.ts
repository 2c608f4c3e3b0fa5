import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../../rules/model/nearest.ts";

const fields = ["node", "interfaceName", "expectedIPs", "profiles", "ports"];

const rows: readonly (readonly [given: string, meant: string | undefined])[] = [
  ["interfaceNmae", "interfaceName"],
  ["interfacename", "interfaceName"],
  ["interface_name", "interfaceName"],
  ["expectedIps", "expectedIPs"],
  ["expectedIP", "expectedIPs"],
  ["prots", "ports"],
  ["port", "ports"],
  ["nod", "node"],
  ["name", undefined],
  ["selector", undefined],
  ["", undefined],
];

for (const [given, meant] of rows) {
  test(`"${given}" was meant to be ${meant ?? "something else"}`, () => assert.equal(nearest(given, fields), meant));
}

test("of two equally near the first is meant", () => assert.equal(nearest("bat", ["cat", "hat"]), "cat"));
