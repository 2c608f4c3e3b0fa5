// The listed elements of a set as packed, sorted keys: what rules/ruleset calls Keys. The two elements that a range is in the
// kernel's tree, its first value and the value after its last, become its inclusive ends again.

import type { ListedElements } from "../../native/codec/listedElements.ts";
import { firstUnsortedRow, keysOfBytes } from "../../rules/ruleset/chunks.ts";
import { sortRows } from "../../rules/ruleset/sortRows.ts";
import type { Keys } from "../../rules/ruleset/types.ts";

export function keysOf(elements: ListedElements): Keys {
  const { kind, width, bytes } = elements;
  const sorted = sortRows(bytes, width);
  return kind === "bounds" ? joinBounds(sorted, elements) : keysOfBytes(width, sorted);
}

/**
 * Whether an element came twice: then another did not come at all. So the kernel dumps a hash set while its table is being resized, which a
 * worker does some time after many elements came or went, and no generation or NLM_F_DUMP_INTR tells of it (rhashtable_walk_next).
 */
export function isTorn({ kind, width, bytes }: ListedElements): boolean {
  return kind === "keys" && firstUnsortedRow(sortRows(bytes.slice(), width), width) !== undefined;
}

/**
 * Sorted bounds, an end before a start of the same value, into inclusive ranges. An end without a start (nft puts one at zero) says
 * nothing; a start without an end reaches to the next start or to the top.
 */
function joinBounds(bounds: Uint8Array, { keyLength, width, count: rows }: ListedElements): Keys {
  const half = width - 1;
  const bytes = new Uint8Array(rows * 2 * half);
  let count = 0;
  let open: number | undefined;
  const close = (last: Uint8Array): void => {
    if (open === undefined) return;
    bytes.set(bounds.subarray(open, open + keyLength), count * 2 * half);
    bytes.set(last, count * 2 * half + half);
    count++;
    open = undefined;
  };
  for (let at = 0; at < bounds.length; at += width) {
    close(preceding(bounds.subarray(at, at + keyLength)));
    if (bounds[at + half] === 1) open = at;
  }
  close(new Uint8Array(keyLength).fill(0xff));
  return keysOfBytes(2 * half, bytes.slice(0, count * 2 * half));
}

function preceding(key: Uint8Array): Uint8Array {
  const previous = key.slice();
  for (let i = previous.length - 1; i >= 0; i--) {
    const byte = previous[i] as number;
    previous[i] = byte - 1;
    if (byte !== 0) break;
  }
  return previous;
}
