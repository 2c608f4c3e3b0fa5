// What a kernel can do is found by asking it, never by its version: distributions carry features back and leave modules out. Each
// probe is one message in a batch without end, which the kernel checks and throws away; where it refuses the message the feature is
// missing. The version named with a feature is the one of kernel.org that brought it, for the message to an operator.

import type { Expression } from "../../rules/ruleset/expression.ts";
import { BatchWriter, type EncodedBatch, messageIndex } from "./batch.ts";
import { addChain } from "./chain.ts";
import {
  NFT_BITWISE_AND,
  NFT_MSG_NEWRULE,
  NFT_OBJECT_COUNTER,
  NFT_REG_1,
  NFT_REG32_00,
  NFTA_BITWISE_DREG,
  NFTA_BITWISE_LEN,
  NFTA_BITWISE_OP,
  NFTA_BITWISE_SREG,
  NFTA_BITWISE_SREG2,
  NFTA_EXPR_DATA,
  NFTA_EXPR_NAME,
  NFTA_LIST_ELEM,
  NFTA_RULE_CHAIN,
  NFTA_RULE_EXPRESSIONS,
  NFTA_RULE_TABLE,
  NLM_F_APPEND,
  NLM_F_CREATE,
} from "./constants.ts";
import { encodeExpression } from "./expr/expression.ts";
import { addCounter } from "./object.ts";
import { appendRule } from "./rule.ts";
import { addSet } from "./set.ts";
import { addTable } from "./table.ts";

export interface Feature {
  readonly name: string;
  /** "5.6": the Linux version that brought it. */
  readonly since: string;
}

interface Probe extends Feature {
  /** Writes exactly one message. */
  readonly write: (batch: BatchWriter) => void;
}

/** Nothing of that name is ever made. */
const table = "hostward_probe";
const chain = "probe";
const plain = { dormant: false, owner: false, persist: false, comment: "" };
const address = new Uint8Array(4);

export const tableOwner: Feature = { name: "table owner", since: "5.12" };
export const persistentTable: Feature = { name: "persistent table", since: "6.9" };

const probes: readonly Probe[] = [
  {
    name: "ranges in concatenated sets",
    since: "5.6",
    write: (batch) => addSet(batch, { table, name: "ranges", types: ["ipv4_addr", "inet_service"], flavour: "interval", map: false, size: 0, comment: "" }),
  },
  { ...tableOwner, write: (batch) => addTable(batch, { ...plain, name: `${table}_owned`, owner: true }) },
  { ...persistentTable, write: (batch) => addTable(batch, { ...plain, name: `${table}_persistent`, owner: true, persist: true }) },
  { name: "bitwise operations on two registers", since: "6.13", write: probeRegisterAnd },
  expression("3.13", { kind: "ct", key: "state", dreg: NFT_REG_1 }),
  expression("3.13", { kind: "limit", rate: 1n, unit: 1n, burst: 5, type: "packets", invert: false }),
  expression("3.13", { kind: "log", prefix: "", level: 6 }),
  expression("3.14", { kind: "reject", type: "icmpx", code: 3 }),
  expression("4.9", { kind: "range", op: "eq", sreg: NFT_REG_1, from: address, to: address.with(0, 1) }, { kind: "meta", key: "mark", dreg: NFT_REG_1 }),
  expression("4.10", { kind: "notrack" }),
  expression("4.10", { kind: "fib", result: "addrtype", flags: 2, dreg: NFT_REG_1 }),
  expression("4.10", { kind: "objref", objectType: NFT_OBJECT_COUNTER, name: "probe" }),
];

/** The features that encodeProbes asks for. */
export const features: readonly Feature[] = probes.map(({ name, since }) => ({ name, since }));

/** The compare and swap of a commit: NFNL_BATCH_GENID. */
export const batchGeneration: Feature = { name: "batch generation", since: "4.11" };

/** The Linux version that brought an expression; undefined for those that every nf_tables has. */
export function expressionSince(name: string): string | undefined {
  return probes.find((probe) => probe.name === expressionFeature(name))?.since;
}

export interface EncodedProbes extends EncodedBatch {
  /** The feature that a refused message asked for. Undefined when the kernel refused more than a feature. */
  featureOf(sequence: number): Feature | undefined;
}

export function encodeProbes(firstSequence: number): EncodedProbes {
  const batch = new BatchWriter({ firstSequence });
  addTable(batch, { ...plain, name: table });
  addChain(batch, { table, name: chain });
  addCounter(batch, { table, name: "probe", packets: 0n, bytes: 0n });
  const before = batch.count;
  for (const { write } of probes) write(batch);
  const encoded = batch.finish({ commit: false });
  return { ...encoded, featureOf: (sequence) => features[(messageIndex(encoded, sequence) ?? 0) - before - 1] };
}

/**
 * A batch that the kernel checks and throws away. Before that it waits for an RCU grace period (__nf_tables_abort). With a generation that is not
 * the one in force a kernel that has the feature batchGeneration refuses it with ERESTART.
 */
export function encodeDryRun(options: { readonly firstSequence: number; readonly generation?: number }): EncodedBatch {
  const batch = new BatchWriter(options);
  addTable(batch, { ...plain, name: table });
  return batch.finish({ commit: false });
}

function expression(since: string, probed: Expression, ...before: readonly Expression[]): Probe {
  const write = (batch: BatchWriter) => appendRule(batch, { table, chain, expressions: [...before, probed], comment: "" });
  return { name: expressionFeature(probed.kind), since, write };
}

function expressionFeature(name: string): string {
  return `expression ${name}`;
}

/** mark & mark, which no kernel before could do in one expression. */
function probeRegisterAnd(batch: BatchWriter): void {
  const writer = batch.begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  writer.text(NFTA_RULE_TABLE, table);
  writer.text(NFTA_RULE_CHAIN, chain);
  const list = writer.begin(NFTA_RULE_EXPRESSIONS);
  encodeExpression(writer, { kind: "meta", key: "mark", dreg: NFT_REG_1 });
  encodeExpression(writer, { kind: "meta", key: "mark", dreg: NFT_REG32_00 + 1 });
  const element = writer.begin(NFTA_LIST_ELEM);
  writer.text(NFTA_EXPR_NAME, "bitwise");
  const data = writer.begin(NFTA_EXPR_DATA);
  writer.u32(NFTA_BITWISE_SREG, NFT_REG_1);
  writer.u32(NFTA_BITWISE_SREG2, NFT_REG32_00 + 1);
  writer.u32(NFTA_BITWISE_DREG, NFT_REG_1);
  writer.u32(NFTA_BITWISE_LEN, 4);
  writer.u32(NFTA_BITWISE_OP, NFT_BITWISE_AND);
  writer.end(data);
  writer.end(element);
  writer.end(list);
  batch.end();
}
