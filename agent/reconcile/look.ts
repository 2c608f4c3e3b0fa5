// What the kernel holds when a pass plans: as the last pass left it when nobody has touched it since, that with the touched parts read again when
// the notifications tell which, and read as a whole otherwise.

import { setImmediate as nextTurn } from "node:timers/promises";
import { shieldOf } from "../../rules/diff/takeover.ts";
import type { Actual } from "../../rules/diff/types.ts";
import type { Kernel, Reading } from "../kernel/interface.ts";
import type { Changes } from "./witness.ts";

/** What is known of the time since the last pass. */
export interface Looker {
  changes(since: number, until: number): Changes | undefined;
}

/** The last pass's end. */
interface Left {
  readonly actual: Actual;
  readonly generation: number;
  readonly ownership: Reading["ownership"];
}

export interface Look extends Reading {
  /** A process that was killed while it made the table anew has left its shield. */
  readonly hasShield: boolean;
}

/** A notification comes within a turn or two of the event loop after the commit that it is about. */
const patience = 4;

export async function lookAtKernel(kernel: Kernel, table: string, left: Left | undefined, looker: Looker | undefined): Promise<Look> {
  if (left === undefined) return { ...(await kernel.read(table)), hasShield: (await kernel.read(shieldOf(table))).actual !== undefined };
  const now = await kernel.generation();
  if (now === left.generation) return { ...left, hasShield: false };
  const changes = await changesUntil(now, left, looker);
  if (changes === undefined || changes.touched.kind === "table") return { ...(await kernel.read(table)), hasShield: false };
  if (changes.touched.kind === "nothing") return { ...left, generation: now, hasShield: false };
  const reading = await kernel.read(table, { actual: left.actual, touched: changes.touched });
  // What was touched while it was read may be something else.
  return { ...(reading.generation === now ? reading : await kernel.read(table)), hasShield: false };
}

async function changesUntil(now: number, { generation }: Left, looker: Looker | undefined): Promise<Changes | undefined> {
  for (let turn = 0; looker !== undefined && turn < patience; turn++) {
    const changes = looker.changes(generation, now);
    if (changes !== undefined) return changes;
    await nextTurn();
  }
  return undefined;
}
