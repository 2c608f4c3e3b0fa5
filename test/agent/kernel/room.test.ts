// The bytes of a batch in those of the one before: the same as in fresh ones, and never of one that is under way.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeOperations } from "../../../agent/kernel/operations.ts";
import { Room } from "../../../agent/kernel/room.ts";
import { diff } from "../../../rules/diff/diff.ts";
import type { Batch } from "../../../rules/diff/types.ts";
import { addChain, addTable, batch } from "./operations.ts";
import { everyStatement } from "./rulesets.ts";

function encode(batch: Batch, room?: Uint8Array): Uint8Array {
  const encoding = encodeOperations(batch, { room });
  assert.ok(encoding.ok);
  return encoding.encoded.bytes;
}

const everything = diff(undefined, everyStatement("hostward")).batches;
const little = batch(addTable, addChain("a"));

describe("a batch that is written over another", () => {
  for (const [name, first, then] of [
    ["longer", little, everything],
    ["shorter", everything, [little]],
    ["as long", everything, everything],
  ] as const) {
    test(`${name} than it was`, () => {
      const room = new Room();
      for (const before of [first].flat()) room.giveBack(encode(before, room.take()));
      for (const batch of then) {
        const fresh = encode(batch).slice();
        const written = encode(batch, room.take());
        assert.deepEqual(written, fresh);
        room.giveBack(written);
      }
    });
  }

  test("is written where that one was", () => {
    const room = new Room();
    const first = encode(little);
    room.giveBack(first);
    assert.equal(encode(little, room.take()).buffer, first.buffer);
  });
});

test("what is in use is nobody else's", () => {
  const room = new Room();
  room.giveBack(encode(little));
  const [one, other] = [room.take(), room.take()];
  assert.ok(one);
  assert.equal(other, undefined);
});

test("large batches are not kept", () => {
  const room = new Room();
  room.giveBack(new Uint8Array(4 * 1024 * 1024 + 1));
  assert.equal(room.take(), undefined);
  room.giveBack(new Uint8Array(4 * 1024 * 1024));
  assert.ok(room.take());
});
