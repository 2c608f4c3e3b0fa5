// What a kernel refuses, each row a sentence: what is there, what is asked for, and the name of the error number. The real kernel and
// the one in memory are held to the same rows (conformance.ts).

import type { Operation } from "../../../rules/diff/types.ts";
import type { Statement, Verdict } from "../../../rules/ruleset/types.ts";
import {
  addBase,
  addChain,
  addElements,
  addEntries,
  addMap,
  addRule,
  addresses,
  addSet,
  addTable,
  counter,
  deleteChain,
  deleteElements,
  deleteEntries,
  deleteMap,
  deleteSet,
  deleteTable,
  entry,
  flush,
  flushAll,
  hashSet,
  interfaceMap,
  jump,
  lookup,
  prefixSet,
  vmap,
} from "./operations.ts";

export interface RefusalRow {
  readonly name: string;
  /** Committed first. */
  readonly before: readonly Operation[];
  /** Its last operation is the one at fault, unless `culprit` says which. */
  readonly asked: readonly Operation[];
  readonly culprit?: number;
  readonly errno: string;
}

const set = hashSet("s", addresses(0));
const full = hashSet("f", addresses(0, 51));
const ranges = prefixSet("r", [[0x0a000000, 8]]);
const map = interfaceMap("m");
const toA = entry("eth0", { kind: "goto", chain: "a" });
const ground: readonly Operation[] = [addTable, addBase("base"), addChain("a"), addChain("b"), addSet(set), addElements(set), addMap(map)];
const goTo = (chain: string): Verdict => ({ kind: "goto", chain });

/** Chains c0 to c15, each with a jump to the next. */
function ladder(rungs: number): Operation[] {
  const chains = Array.from({ length: rungs + 1 }, (_, i) => addChain(`c${i}`));
  return [...chains, ...Array.from({ length: rungs }, (_, i) => addRule(`c${i}`, jump(`c${i + 1}`)))];
}

const full64 = [addTable, addSet(full), addElements(full, addresses(0, 64))];

export const refusals: readonly RefusalRow[] = [
  { name: "a chain without its table", before: [], asked: [addChain("a")], errno: "ENOENT" },
  { name: "the deletion of a table that is not there", before: [], asked: [deleteTable], errno: "ENOENT" },
  { name: "a flush without a table", before: [], asked: [flushAll], errno: "ENOENT" },
  { name: "a chain that is there", before: ground, asked: [addChain("a")], errno: "EEXIST" },
  { name: "a base chain that is there", before: ground, asked: [addBase("base")], errno: "EEXIST" },
  { name: "a chain twice in one batch", before: ground, asked: [addChain("x"), addChain("x")], errno: "EEXIST" },
  { name: "the deletion of a chain that is not there", before: ground, asked: [deleteChain("x")], errno: "ENOENT" },
  { name: "the deletion of a chain that a rule jumps to", before: [...ground, addRule("a", jump("b"))], asked: [deleteChain("b")], errno: "EBUSY" },
  { name: "the deletion of a chain that a map leads to", before: [...ground, addEntries(map, toA)], asked: [flushAll, deleteChain("a")], errno: "EBUSY" },
  { name: "a flush of a chain that is not there", before: ground, asked: [flush("x")], errno: "ENOENT" },
  { name: "a rule in a chain that is not there", before: ground, asked: [addRule("x", counter)], errno: "ENOENT" },
  { name: "a jump to a chain that is not there", before: ground, asked: [addRule("a", jump("x"))], errno: "ENOENT" },
  { name: "a jump to a chain that the batch makes only later", before: ground, asked: [addRule("a", jump("x")), addChain("x")], culprit: 0, errno: "ENOENT" },
  { name: "a jump to a base chain", before: ground, asked: [addRule("a", jump("base"))], errno: "ENOTSUP" },
  { name: "a lookup in a set that is not there", before: ground, asked: [addRule("a", lookup("x"))], errno: "ENOENT" },
  { name: "a verdict map that is not there", before: ground, asked: [addRule("a", vmap("x"))], errno: "ENOENT" },
  { name: "a verdict map that is a set", before: ground, asked: [addRule("a", vmap("s"))], errno: "EINVAL" },
  {
    name: "a loop of jumps below a base chain",
    before: ground,
    asked: [addRule("base", jump("a")), addRule("a", jump("b")), addRule("b", jump("a"))],
    errno: "EMLINK",
  },
  { name: "a chain that jumps to itself", before: [...ground, addRule("base", jump("a"))], asked: [addRule("a", jump("a"))], errno: "EMLINK" },
  { name: "sixteen jumps in a row", before: [...ground, ...ladder(15)], asked: [addRule("base", jump("c0"))], errno: "EMLINK" },
  {
    name: "a map entry that closes a loop",
    before: [...ground, addRule("base", vmap("m")), addRule("a", vmap("m"))],
    asked: [addEntries(map, toA)],
    errno: "EMLINK",
  },
  { name: "a set that is there", before: ground, asked: [addSet(set)], errno: "EEXIST" },
  { name: "a set with a map's name", before: ground, asked: [addSet(hashSet("m", addresses(0)))], errno: "EEXIST" },
  { name: "a map with a set's name", before: ground, asked: [addMap(interfaceMap("s"))], errno: "EEXIST" },
  { name: "the deletion of a set that is not there", before: ground, asked: [deleteSet("x")], errno: "ENOENT" },
  { name: "the deletion of a set that a rule looks up", before: [...ground, addRule("a", lookup("s"))], asked: [deleteSet("s")], errno: "EBUSY" },
  { name: "the deletion of a map that a rule looks up", before: [...ground, addRule("a", vmap("m"))], asked: [deleteMap("m")], errno: "EBUSY" },
  { name: "elements of a set that is not there", before: ground, asked: [addElements(hashSet("x", addresses(1)))], errno: "ENOENT" },
  { name: "an element that is there", before: ground, asked: [addElements(set, addresses(0))], errno: "EEXIST" },
  { name: "the deletion of an element that is not there", before: ground, asked: [deleteElements(set, addresses(9))], errno: "ENOENT" },
  { name: "an element beyond the declared size", before: full64, asked: [addElements(full, addresses(64))], errno: "ENFILE" },
  {
    name: "a new element before an old one is deleted, in a full set",
    before: full64,
    asked: [addElements(full, addresses(64)), deleteElements(full, addresses(0))],
    culprit: 0,
    errno: "ENFILE",
  },
  { name: "a range that is there", before: [...ground, addSet(ranges), addElements(ranges)], asked: [addElements(ranges)], errno: "EEXIST" },
  {
    name: "a map entry whose key is there",
    before: [...ground, addEntries(map, toA)],
    asked: [addEntries(map, entry("eth0", { kind: "drop" }))],
    errno: "EEXIST",
  },
  { name: "a map entry to a chain that is not there", before: ground, asked: [addEntries(map, entry("eth0", goTo("x")))], errno: "ENOENT" },
  { name: "a map entry to a base chain", before: ground, asked: [addEntries(map, entry("eth0", goTo("base")))], errno: "ENOTSUP" },
  { name: "the deletion of a map entry that is not there", before: ground, asked: [deleteEntries(map, toA)], errno: "ENOENT" },
  { name: "the first of two faults is told", before: ground, asked: [addChain("a"), addChain("b")], culprit: 0, errno: "EEXIST" },
];

export interface AcceptanceRow {
  readonly name: string;
  readonly before: readonly Operation[];
  readonly asked: readonly Operation[];
}

const notJump: Statement = { kind: "verdict", verdict: { kind: "drop" } };

/** What looks as if it might be refused and is not. */
export const acceptances: readonly AcceptanceRow[] = [
  { name: "a table that is there", before: ground, asked: [addTable] },
  { name: "a chain deleted with its rules", before: [...ground, addRule("a", notJump)], asked: [deleteChain("a")] },
  { name: "a chain deleted after the rule that jumped to it", before: [...ground, addRule("a", jump("b"))], asked: [flush("a"), deleteChain("b")] },
  { name: "a chain deleted after the map that led to it", before: [...ground, addEntries(map, toA)], asked: [deleteMap("m"), deleteChain("a")] },
  { name: "a chain deleted and made anew", before: [...ground, addRule("a", counter)], asked: [deleteChain("a"), addChain("a")] },
  {
    name: "a set deleted after its rule, and made anew",
    before: [...ground, addRule("a", lookup("s"))],
    asked: [flushAll, deleteSet("s"), addSet(set), addElements(set), addRule("a", lookup("s"))],
  },
  { name: "an element deleted and added again", before: ground, asked: [deleteElements(set, addresses(0)), addElements(set, addresses(0))] },
  {
    name: "an element in the place of one deleted before it, in a full set",
    before: full64,
    asked: [deleteElements(full, addresses(0)), addElements(full, addresses(64))],
  },
  {
    name: "a map entry whose verdict changes",
    before: [...ground, addEntries(map, toA)],
    asked: [deleteEntries(map, toA), addEntries(map, entry("eth0", { kind: "drop" }))],
  },
  { name: "a loop that no base chain leads to", before: ground, asked: [addRule("a", jump("b")), addRule("b", jump("a"))] },
  { name: "fifteen jumps in a row", before: [...ground, ...ladder(14)], asked: [addRule("base", jump("c0"))] },
  {
    name: "a loop that is taken apart in the same batch",
    before: ground,
    asked: [addRule("base", jump("a")), addRule("a", jump("b")), addRule("b", jump("a")), flush("a")],
  },
  { name: "two base chains at one hook with one priority", before: ground, asked: [addBase("other")] },
  { name: "a table deleted with all that is in it", before: [...ground, addRule("a", lookup("s"), jump("b"))], asked: [deleteTable] },
  { name: "a table deleted and made anew", before: ground, asked: [deleteTable, addTable, addChain("a")] },
  { name: "a flush of a table without rules", before: ground, asked: [flushAll] },
  { name: "elements by the thousands", before: ground, asked: [addSet(hashSet("big", addresses(0, 9000))), addElements(hashSet("big", addresses(0, 9000)))] },
];
