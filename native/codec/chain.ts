// Chains: NEWCHAIN, DELCHAIN and what a dump of chains brings (kernel nf_tables_api.c, nf_tables_newchain,
// nf_tables_fill_chain_info). Base chains are of type filter and policy accept, always (kernel-facts, Hole A): a chain that the
// kernel lists may be otherwise, and the reader says so.

import type { Hook } from "../../rules/ruleset/types.ts";
import type { BatchWriter } from "./batch.ts";
import {
  NF_ACCEPT,
  NF_DROP,
  NF_INET_FORWARD,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NFT_MSG_DELCHAIN,
  NFT_MSG_GETCHAIN,
  NFT_MSG_NEWCHAIN,
  NFTA_CHAIN_HOOK,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_POLICY,
  NFTA_CHAIN_TABLE,
  NFTA_CHAIN_TYPE,
  NFTA_HOOK_HOOKNUM,
  NFTA_HOOK_PRIORITY,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
} from "./constants.ts";
import { encodeRequest } from "./message.ts";
import type { AttributeReader } from "./reader.ts";

const HOOKS: { readonly [K in Hook]: number } = {
  prerouting: NF_INET_PRE_ROUTING,
  input: NF_INET_LOCAL_IN,
  forward: NF_INET_FORWARD,
  output: NF_INET_LOCAL_OUT,
  postrouting: NF_INET_POST_ROUTING,
};

export interface ChainHead {
  readonly table: string;
  readonly name: string;
  /** Where a base chain hangs. */
  readonly base?: { readonly hook: Hook; readonly priority: number };
}

export interface ListedChain {
  readonly table: string;
  readonly name: string;
  /** `hook` is a number's text where it is none of the five of inet. */
  readonly base: { readonly hook: string; readonly priority: number; readonly policy: "accept" | "drop" } | undefined;
}

/** Refused with EEXIST where there is a chain of this name. */
export function addChain(batch: BatchWriter, chain: ChainHead): void {
  const writer = batch.begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
  writer.text(NFTA_CHAIN_TABLE, chain.table);
  writer.text(NFTA_CHAIN_NAME, chain.name);
  if (chain.base) {
    writer.text(NFTA_CHAIN_TYPE, "filter");
    writer.u32(NFTA_CHAIN_POLICY, NF_ACCEPT);
    const hook = writer.begin(NFTA_CHAIN_HOOK);
    writer.u32(NFTA_HOOK_HOOKNUM, HOOKS[chain.base.hook]);
    writer.u32(NFTA_HOOK_PRIORITY, chain.base.priority);
    writer.end(hook);
  }
  batch.end();
}

/** Takes the chain's rules with it; EBUSY while rules or map entries of others lead to it. */
export function deleteChain(batch: BatchWriter, table: string, name: string): void {
  const writer = batch.begin(NFT_MSG_DELCHAIN, 0);
  writer.text(NFTA_CHAIN_TABLE, table);
  writer.text(NFTA_CHAIN_NAME, name);
  batch.end();
}

/** A dump of the chains of every inet table: the kernel has no filter for it. */
export function chainsRequest(sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETCHAIN, flags: NLM_F_DUMP, sequence });
}

/** Answered by one NEWCHAIN, or refused with ENOENT. */
export function chainRequest(table: string, name: string, sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETCHAIN, flags: 0, sequence }, (writer) => {
    writer.text(NFTA_CHAIN_TABLE, table);
    writer.text(NFTA_CHAIN_NAME, name);
  });
}

export function decodeChain(reader: AttributeReader): ListedChain {
  let table = "";
  let name = "";
  let policy: "accept" | "drop" = "accept";
  let place: { hook: string; priority: number } | undefined;
  while (reader.next()) {
    if (reader.type === NFTA_CHAIN_TABLE) table = reader.text();
    else if (reader.type === NFTA_CHAIN_NAME) name = reader.text();
    else if (reader.type === NFTA_CHAIN_POLICY) policy = reader.u32() === NF_DROP ? "drop" : "accept";
    else if (reader.type === NFTA_CHAIN_HOOK) place = readPlace(reader);
  }
  reader.check();
  return { table, name, base: place && { ...place, policy } };
}

function readPlace(reader: AttributeReader): { hook: string; priority: number } {
  let hook = "";
  let priority = 0;
  reader.enter();
  while (reader.next()) {
    if (reader.type === NFTA_HOOK_HOOKNUM) hook = hookName(reader.u32());
    else if (reader.type === NFTA_HOOK_PRIORITY) priority = reader.i32();
  }
  reader.leave();
  return { hook, priority };
}

function hookName(number: number): string {
  return Object.entries(HOOKS).find(([, value]) => value === number)?.[0] ?? String(number);
}
