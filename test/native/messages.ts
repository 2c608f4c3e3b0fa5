// nf_tables messages for the socket's tests: just tables, in a batch or alone.

import {
  NFNL_BATCH_GENID,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_INET,
  NFT_MSG_DELTABLE,
  NFT_MSG_GETGEN,
  NFT_MSG_GETTABLE,
  NFT_MSG_NEWTABLE,
  NFTA_TABLE_NAME,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
} from "../../native/codec/constants.ts";
import { type MessageHeader, readMessages, singleMessage, tablesType } from "../../native/codec/message.ts";
import { AttributeWriter } from "../../native/codec/writer.ts";

export interface TableChange {
  readonly verb: "add" | "delete";
  readonly table: string;
  readonly acknowledge?: boolean;
}

export interface BatchOptions {
  /** Ask the kernel to acknowledge the last change (before Linux 6.10 it does not answer BATCH_END). Default true. */
  readonly acknowledge?: boolean;
  readonly generation?: number;
}

const header: MessageHeader = { type: 0, flags: NLM_F_REQUEST, sequence: 0, family: NFPROTO_INET, resource: 0 };

/** Sequence numbers: 1 for the beginning, 2 for the first change and so on; `last` is that of the last change. */
export function batchOf(changes: readonly TableChange[], options: BatchOptions = {}): { readonly bytes: Uint8Array; readonly last: number } {
  const edge = { ...header, family: 0, resource: NFNL_SUBSYS_NFTABLES };
  const last = changes.length + 1;
  const begin = message({ ...edge, type: NFNL_MSG_BATCH_BEGIN, sequence: 1 }, (writer) => {
    if (options.generation !== undefined) writer.u32(NFNL_BATCH_GENID, options.generation);
  });
  const end = message({ ...edge, type: NFNL_MSG_BATCH_END, sequence: last + 1 });
  const asked = changes.map((change, index) => ({ acknowledge: index === changes.length - 1 && options.acknowledge !== false, ...change }));
  return { bytes: Buffer.concat([begin, ...asked.map((change, index) => changeMessage(change, index + 2)), end]), last };
}

function changeMessage({ verb, table, acknowledge }: TableChange, sequence: number): Uint8Array {
  const flags = NLM_F_REQUEST | (acknowledge ? NLM_F_ACK : 0) | (verb === "add" ? NLM_F_CREATE : 0);
  const type = tablesType(verb === "add" ? NFT_MSG_NEWTABLE : NFT_MSG_DELTABLE);
  return message({ ...header, type, flags, sequence }, (writer) => writer.text(NFTA_TABLE_NAME, table));
}

export function getGeneration(sequence = 1): Uint8Array {
  return message({ ...header, family: 0, type: tablesType(NFT_MSG_GETGEN), sequence });
}

export function getTable(table: string): Uint8Array {
  return message({ ...header, type: tablesType(NFT_MSG_GETTABLE), sequence: 1 }, (writer) => writer.text(NFTA_TABLE_NAME, table));
}

export function dumpTables(sequence = 1): Uint8Array {
  return message({ ...header, type: tablesType(NFT_MSG_GETTABLE), flags: NLM_F_REQUEST | NLM_F_DUMP, sequence });
}

/** Names of the tables in a dump. */
export function tableNames(bytes: Uint8Array): readonly string[] {
  return [...readMessages(bytes)].map(({ attributes }) => {
    while (attributes.next()) if (attributes.type === NFTA_TABLE_NAME) return attributes.text();
    return "";
  });
}

function message(head: MessageHeader, body: (writer: AttributeWriter) => void = () => {}): Uint8Array {
  const writer = new AttributeWriter(64);
  return singleMessage(writer, head, () => body(writer));
}
