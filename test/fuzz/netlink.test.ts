// The netlink decoders take any bytes: each either decodes them or throws one CodecError, reads nothing outside of them, and soon ends.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { keysOf } from "../../agent/kernel/listedKeys.ts";
import { BatchWriter } from "../../native/codec/batch.ts";
import { decodeChain } from "../../native/codec/chain.ts";
import { NFT_MSG_NEWRULE, NLMSG_DONE } from "../../native/codec/constants.ts";
import { CodecError } from "../../native/codec/error.ts";
import { attributePath } from "../../native/codec/fault.ts";
import { decodeGeneration } from "../../native/codec/generation.ts";
import { decodeElements } from "../../native/codec/listedElements.ts";
import { type Message, readMessages, tablesType } from "../../native/codec/message.ts";
import { decodeCounter } from "../../native/codec/object.ts";
import { readRouteMessages } from "../../native/codec/route.ts";
import { appendRule, decodeRule, ruleHandle } from "../../native/codec/rule.ts";
import { decodeSet } from "../../native/codec/set.ts";
import { decodeTable } from "../../native/codec/table.ts";
import type { NftSet } from "../../rules/ruleset/types.ts";
import { expression } from "../native/codec/arbitrary.ts";
import { fuzzBudget } from "./budget.ts";

/** Recorded by recordDumps.ts. */
const dumps = Object.values(JSON.parse(readFileSync(new URL("netlink.dumps.json", import.meta.url), "utf8")) as Record<string, string>).map(
  (text) => new Uint8Array(Buffer.from(text, "base64")),
);

/** Whole dumps, and each of their messages by itself: a short one is hit where it matters. */
const seeds = [...dumps, ...dumps.flatMap(messagesIn)];

const shapes: readonly Pick<NftSet, "types" | "flavour">[] = [
  { types: ["ipv4_addr"], flavour: "hash" },
  { types: ["ifname"], flavour: "hash" },
  { types: ["ipv4_addr"], flavour: "interval" },
  { types: ["ipv4_addr", "inet_service"], flavour: "interval" },
];

const each =
  (decode: (message: Message) => unknown) =>
  (bytes: Uint8Array): unknown[] =>
    [...readMessages(bytes)].map(decode);

const decoders: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  tables: each(({ attributes }) => decodeTable(attributes)),
  chains: each(({ attributes }) => decodeChain(attributes)),
  rules: each(({ attributes }) => decodeRule(attributes)),
  "handles of rules": each(({ attributes }) => ruleHandle(attributes)),
  sets: each(({ attributes }) => decodeSet(attributes)),
  counters: each(({ attributes }) => decodeCounter(attributes)),
  generations: each(decodeGeneration),
  elements: (bytes) => shapes.map((shape) => keysOf(decodeElements(bytes, shape))),
  "links and routes": readRouteMessages,
  "attribute paths": (bytes) => Array.from({ length: Math.min(bytes.length, 64) }, (_, i) => attributePath(bytes, 20 + 4 * i)),
};

const encoded: fc.Arbitrary<Uint8Array> = fc.array(expression, { maxLength: 6 }).map((expressions) => {
  const batch = new BatchWriter();
  appendRule(batch, { table: "t", chain: "c", expressions, comment: "fuzz" });
  return batch.finish().bytes;
});

const mutation = fc.record({
  at: fc.nat(100_000),
  kind: fc.constantFrom("byte", "length", "cut", "double", "end"),
  value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 0x7f, 0x80, 0xff)),
});

const hostile: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map(asMessage) },
  {
    weight: 8,
    arbitrary: fc.tuple(fc.oneof(fc.constantFrom(...seeds), encoded), fc.array(mutation, { maxLength: 6 })).map(([bytes, list]) => list.reduce(mutate, bytes)),
  },
);

function messagesIn(dump: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(dump.buffer, dump.byteOffset, dump.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0; at < dump.length; at += view.getUint32(at, true)) found.push(dump.subarray(at, at + view.getUint32(at, true)));
  return found;
}

function mutate(bytes: Uint8Array, { at, kind, value }: { at: number; kind: string; value: number }): Uint8Array {
  const place = at % Math.max(1, bytes.length);
  if (kind === "end") return bytes.slice(0, place);
  if (kind === "cut") return joined(bytes.subarray(0, place), bytes.subarray(place + value));
  if (kind === "double") return joined(bytes.subarray(0, place + value), bytes.subarray(place));
  // The length of an attribute or a message stands at a multiple of four.
  return bytes.length === 0 ? bytes : bytes.with(kind === "length" ? place & ~3 : place, value);
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

/** The bytes as the attributes of one whole message, so that it is they that are at fault. */
function asMessage(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + body.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length, true);
  bytes[4] = body[0] ?? 0;
  bytes[5] = 10;
  bytes.set(body, 20);
  return bytes;
}

/**
 * The same bytes between others: in front of them and behind their buffer, and where they are whole messages also behind them, inside a
 * message that decoders pass over. A decoder that looks beyond its own bounds sees the difference.
 */
function amid(bytes: Uint8Array, filling: number): Uint8Array {
  const last = isFramed(bytes) ? closingMessage(filling) : new Uint8Array(0);
  const room = new Uint8Array(bytes.length + last.length + 512).fill(filling);
  room.set(bytes, 256);
  room.set(last, 256 + bytes.length);
  return room.subarray(256, 256 + bytes.length + last.length);
}

function isFramed(bytes: Uint8Array): boolean {
  try {
    return [...readMessages(bytes)].length > 0 && bytes.length % 4 === 0;
  } catch {
    return false;
  }
}

/** NLMSG_DONE */
function closingMessage(filling: number): Uint8Array {
  const bytes = new Uint8Array(512).fill(filling);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, NLMSG_DONE, true);
  return bytes;
}

function outcome(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    assert.ok(error instanceof CodecError, `not a CodecError: ${error instanceof Error ? error.stack : String(error)}`);
    return error.message;
  }
}

test("any bytes decode or are a CodecError, whatever lies around them, by every decoder", (context) => {
  let runs = 0;
  fc.assert(
    fc.property(hostile, (bytes) => {
      const [low, high] = [amid(bytes, 0), amid(bytes, 0xff)];
      for (const [name, decode] of Object.entries(decoders)) {
        const start = performance.now();
        assert.deepEqual(outcome(decode, low), outcome(decode, high), name);
        assert.ok(performance.now() - start < 2000, `${name}: it took more than two seconds`);
      }
      runs++;
    }),
    fuzzBudget,
  );
  context.diagnostic(`${runs} inputs`);
});

test("the recorded rules decode to expressions, of which some are not ours", () => {
  const kinds = dumps
    .flatMap((bytes) => [...readMessages(bytes)].filter(({ type }) => type === tablesType(NFT_MSG_NEWRULE)))
    .flatMap(({ attributes }) => decodeRule(attributes).expressions);
  assert.ok(kinds.length > 50, `only ${kinds.length} expressions were recorded`);
  assert.deepEqual([...new Set(kinds.flatMap((expression) => (expression.kind === "unknown" ? expression.name : [])))].toSorted(), ["exthdr", "masq", "meta"]);
});
