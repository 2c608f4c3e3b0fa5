// What a notification of the group NFNLGRP_NFTABLES is about: the table, and the chain or set of it that came, went or changed, itself or in its
// rules or elements. A commit tells of each thing it did, and last of its generation (kernel nf_tables_api.c, nft_commit_notify, nf_tables_commit).

import {
  NFPROTO_INET,
  NFT_MSG_DELCHAIN,
  NFT_MSG_DELRULE,
  NFT_MSG_DELSET,
  NFT_MSG_DELSETELEM,
  NFT_MSG_DELTABLE,
  NFT_MSG_NEWCHAIN,
  NFT_MSG_NEWRULE,
  NFT_MSG_NEWSET,
  NFT_MSG_NEWSETELEM,
  NFT_MSG_NEWTABLE,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_TABLE,
  NFTA_RULE_CHAIN,
  NFTA_RULE_TABLE,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
  NFTA_SET_NAME,
  NFTA_SET_TABLE,
  NFTA_TABLE_NAME,
} from "./constants.ts";
import { type Message, tablesType } from "./message.ts";

export interface Notification {
  readonly part: "table" | "chain" | "set";
  readonly table: string;
  /** Of the chain, the set or map; the table's own where `part` is that. */
  readonly name: string;
}

/** Where each kind of message names its table and the part that it is about. */
interface Naming {
  readonly part: Notification["part"];
  readonly table: number;
  readonly name: number;
}

const table: Naming = { part: "table", table: NFTA_TABLE_NAME, name: NFTA_TABLE_NAME };
const chain: Naming = { part: "chain", table: NFTA_CHAIN_TABLE, name: NFTA_CHAIN_NAME };
const rule: Naming = { part: "chain", table: NFTA_RULE_TABLE, name: NFTA_RULE_CHAIN };
const set: Naming = { part: "set", table: NFTA_SET_TABLE, name: NFTA_SET_NAME };
const elements: Naming = { part: "set", table: NFTA_SET_ELEM_LIST_TABLE, name: NFTA_SET_ELEM_LIST_SET };

const namings: ReadonlyMap<number, Naming> = new Map(
  (
    [
      [NFT_MSG_NEWTABLE, table],
      [NFT_MSG_DELTABLE, table],
      [NFT_MSG_NEWCHAIN, chain],
      [NFT_MSG_DELCHAIN, chain],
      [NFT_MSG_NEWRULE, rule],
      [NFT_MSG_DELRULE, rule],
      [NFT_MSG_NEWSET, set],
      [NFT_MSG_DELSET, set],
      [NFT_MSG_NEWSETELEM, elements],
      [NFT_MSG_DELSETELEM, elements],
    ] as const
  ).map(([message, naming]) => [tablesType(message), naming]),
);

/** Undefined for what is no part of an inet table, and for what hostward has none of: objects, flow tables. */
export function decodeNotification({ type, family, attributes }: Message): Notification | undefined {
  const naming = namings.get(type);
  if (naming === undefined || family !== NFPROTO_INET) return undefined;
  let owner = "";
  let name = "";
  // Both stand before what may be long, a rule's expressions or a list of elements.
  while ((owner === "" || name === "") && attributes.next()) {
    if (attributes.type === naming.table) owner = attributes.text();
    if (attributes.type === naming.name) name = attributes.text();
  }
  attributes.check();
  return { part: naming.part, table: owner, name };
}
