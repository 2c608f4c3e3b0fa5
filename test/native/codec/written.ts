// What the message tests share: one message written by a function, and values that many of them name.

import assert from "node:assert/strict";
import { BatchWriter, messageBytes } from "../../../native/codec/batch.ts";
import { type Message, readMessages } from "../../../native/codec/message.ts";
import type { DataType, Scalar } from "../../../rules/ruleset/types.ts";

export const ip = (value: number): Scalar => ({ family: 4, value: BigInt(value) });
export const ten = 0x0a000000;
export const ports: readonly DataType[] = ["ipv4_addr", "inet_service"];
export const hash = { table: "t", flavour: "hash", map: false, size: 0, comment: "" } as const;
export const interval = { ...hash, flavour: "interval" } as const;
export const plainTable = { name: "t", dormant: false, owner: false, persist: false, comment: "" };
/** Its messages, without begin and end. */
export function messages(write: (batch: BatchWriter) => void): Message[] {
  const batch = new BatchWriter();
  write(batch);
  return [...readMessages(batch.finish().bytes)].slice(1, -1);
}

/** The only message that this writes. */
export function message(write: (batch: BatchWriter) => void): { readonly head: Message; readonly body: Uint8Array } {
  const batch = new BatchWriter();
  write(batch);
  assert.equal(batch.count, 1);
  const encoded = batch.finish();
  const bytes = messageBytes(encoded, 1);
  const [head] = readMessages(bytes);
  assert.ok(head);
  return { head, body: bytes.subarray(20) };
}
