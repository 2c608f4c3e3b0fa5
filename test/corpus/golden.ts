// Golden files of a case: compared as text, or written anew with UPDATE_GOLDEN=1. Which files a case has is fixed, so that a missing
// and an orphaned one are both noticed.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const caseFiles = ["bytecode.txt", "flows.txt", "input.yaml", "ruleset.nft"] as const;

const isUpdating = process.env["UPDATE_GOLDEN"] === "1";

/** The golden file says `actual`; when updating it is made to. */
export function assertGolden(folder: string, file: "bytecode.txt" | "ruleset.nft", actual: string, update = isUpdating): void {
  const path = join(folder, file);
  if (update) {
    writeFileSync(path, actual);
    return;
  }
  assert.ok(existsSync(path), `${path} is missing: run UPDATE_GOLDEN=1 npm test -- corpus, then read what it wrote`);
  assert.equal(actual, readFileSync(path, "utf8"), `${path} differs: is the change meant? Then UPDATE_GOLDEN=1 npm test -- corpus`);
}

/** @throws when the folder holds anything else than a case's files */
export function assertFiles(folder: string): void {
  assert.deepEqual(readdirSync(folder).toSorted(), [...caseFiles]);
}
