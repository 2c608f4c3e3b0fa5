// docs/calico-compat.md: every row of its tables names what shows it, and each of those cases and test files is there.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const lines = readFileSync(new URL("docs/calico-compat.md", root), "utf8").split("\n");

/** Cells of the rows under their tables' headings. */
const rows = lines
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const isHeading = (cells: readonly string[]) => ["shown by", "proof"].includes(cells.at(-1) ?? "");
const evidence = (cells: readonly string[]) => [...(cells.at(-1) ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

for (const cells of rows.filter((row) => !isHeading(row))) {
  test(`${cells[0]}: what shows it is there`, () => {
    const names = evidence(cells);
    assert.ok(names.length > 0, "names nothing");
    for (const name of names) assert.ok(existsSync(new URL(name.endsWith(".ts") ? name : `test/cases/${name}/flows.txt`, root)), `there is no ${name}`);
  });
}

test("each row has a cell for each heading, and Felix's defects are complete", () => {
  const widths = rows.map((row) => row.length);
  const headings = rows.filter(isHeading);
  assert.equal(headings.length, 3);
  let width = 0;
  for (const [index, row] of rows.entries()) {
    width = isHeading(row) ? row.length : width;
    assert.equal(widths[index], width, row[0]);
  }
  const named = new Set(rows.map(([first]) => first));
  const known = ["P53", "P74", "M31", "M33", "M51", "N33", "H20", "R50", "G19"];
  assert.deepEqual(
    known.filter((name) => !named.has(name)),
    [],
  );
});
