// Sets and verdict maps without their elements: NEWSET, DELSET and what a dump of sets brings (kernel nf_tables_api.c,
// nf_tables_newset, nf_tables_fill_set). A hash set declares its size, which makes it faster to fill; an interval set of one type is
// a tree, of several types a pipapo, which the kernel recognises by the lengths of the concatenated fields.

import type { DataType } from "../../rules/ruleset/types.ts";
import type { BatchWriter } from "./batch.ts";
import {
  NFT_DATA_VERDICT,
  NFT_MSG_DELSET,
  NFT_MSG_GETSET,
  NFT_MSG_NEWSET,
  NFT_SET_CONCAT,
  NFT_SET_INTERVAL,
  NFT_SET_MAP,
  NFTA_EXPR_DATA,
  NFTA_EXPR_NAME,
  NFTA_LIST_ELEM,
  NFTA_SET_DATA_LEN,
  NFTA_SET_DATA_TYPE,
  NFTA_SET_DESC,
  NFTA_SET_DESC_CONCAT,
  NFTA_SET_DESC_SIZE,
  NFTA_SET_EXPR,
  NFTA_SET_FIELD_LEN,
  NFTA_SET_FLAGS,
  NFTA_SET_ID,
  NFTA_SET_KEY_LEN,
  NFTA_SET_KEY_TYPE,
  NFTA_SET_NAME,
  NFTA_SET_TABLE,
  NFTA_SET_USERDATA,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
} from "./constants.ts";
import { keyLength, keyTypeNumber, keyTypes, keyTypeTable, MAX_CONCATENATION } from "./datatype.ts";
import { counter } from "./expr/counter.ts";
import { decodeExpression } from "./expr/expression.ts";
import { encodeRequest } from "./message.ts";
import type { AttributeReader } from "./reader.ts";
import { readComment, UDATA_SET_COMMENT, UDATA_SET_DATA_BYTEORDER, UDATA_SET_KEY_BYTEORDER, type UserdataItem, writeUserdata } from "./userdata.ts";
import type { AttributeWriter } from "./writer.ts";

export interface SetHead {
  readonly table: string;
  readonly name: string;
  readonly types: readonly DataType[];
  readonly flavour: "hash" | "interval";
  /** Elements carry verdicts. */
  readonly map: boolean;
  /** Each element has a counter, which the kernel makes with it. */
  readonly counters?: true;
  /** Elements it can ever hold; 0: as many as there is memory for. */
  readonly size: number;
  readonly comment: string;
}

/** As the kernel lists it. A set that hostward could not have made (other types, data other than verdicts) says what it can. */
export interface ListedSet extends SetHead {
  /** False where `types` are not the whole truth: the elements cannot be read. */
  readonly known: boolean;
}

const BYTEORDER = { none: 0, host: 1, big: 2 } as const;

/** Refused with EEXIST where there is a set of this name. */
export function addSet(batch: BatchWriter, set: SetHead): void {
  const writer = batch.begin(NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);
  if (set.types.length > MAX_CONCATENATION) writer.fail(`set ${set.name}: ${set.types.length} concatenated types, nft numbers at most ${MAX_CONCATENATION}`);
  const ranges = set.flavour === "interval" && set.types.length > 1;
  const flags = (set.map ? NFT_SET_MAP : 0) | (set.flavour === "interval" ? NFT_SET_INTERVAL : 0) | (ranges ? NFT_SET_CONCAT : 0);
  writer.text(NFTA_SET_TABLE, set.table);
  writer.text(NFTA_SET_NAME, set.name);
  writer.u32(NFTA_SET_FLAGS, flags);
  writer.u32(NFTA_SET_KEY_TYPE, keyTypeNumber(set.types));
  writer.u32(NFTA_SET_KEY_LEN, keyLength(set.types));
  if (set.map) {
    writer.u32(NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
    writer.u32(NFTA_SET_DATA_LEN, 0);
  }
  // Must be there and differ from the other sets of the batch, although rules and elements refer to sets by name.
  writer.u32(NFTA_SET_ID, batch.count);
  if (set.size > 0 || ranges) writeDescription(writer, set, ranges);
  if (set.counters) writeCounter(writer);
  writeUserdata(writer, NFTA_SET_USERDATA, userdata(set));
  batch.end();
}

/** EBUSY while a rule looks it up. */
export function deleteSet(batch: BatchWriter, table: string, name: string): void {
  const writer = batch.begin(NFT_MSG_DELSET, 0);
  writer.text(NFTA_SET_TABLE, table);
  writer.text(NFTA_SET_NAME, name);
  batch.end();
}

/** A dump of the table's sets and maps without their elements; refused with ENOENT where there is no such table. */
export function setsRequest(table: string, sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETSET, flags: NLM_F_DUMP, sequence }, (writer) => writer.text(NFTA_SET_TABLE, table));
}

/** Answered by one NEWSET, or refused with ENOENT. */
export function setRequest(table: string, name: string, sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETSET, flags: 0, sequence }, (writer) => {
    writer.text(NFTA_SET_TABLE, table);
    writer.text(NFTA_SET_NAME, name);
  });
}

export function decodeSet(reader: AttributeReader): ListedSet {
  const raw = { table: "", name: "", flags: 0, keyType: 0, keyLength: 0, dataType: 0, size: 0, comment: "", expression: "" };
  while (reader.next()) {
    if (reader.type === NFTA_SET_TABLE) raw.table = reader.text();
    else if (reader.type === NFTA_SET_NAME) raw.name = reader.text();
    else if (reader.type === NFTA_SET_FLAGS) raw.flags = reader.u32();
    else if (reader.type === NFTA_SET_KEY_TYPE) raw.keyType = reader.u32();
    else if (reader.type === NFTA_SET_KEY_LEN) raw.keyLength = reader.u32();
    else if (reader.type === NFTA_SET_DATA_TYPE) raw.dataType = reader.u32();
    else if (reader.type === NFTA_SET_DESC) raw.size = readSize(reader);
    else if (reader.type === NFTA_SET_EXPR) raw.expression = decodeExpression(reader).kind;
    else if (reader.type === NFTA_SET_USERDATA) raw.comment = readComment(reader, UDATA_SET_COMMENT);
  }
  reader.check();
  const { table, name, size, comment } = raw;
  const types = keyTypes(raw.keyType) ?? [];
  const map = (raw.flags & NFT_SET_MAP) !== 0;
  const counters = map && raw.expression === "counter";
  const plain = (raw.flags & ~(NFT_SET_MAP | NFT_SET_INTERVAL | NFT_SET_CONCAT)) === 0 && (counters || raw.expression === "");
  const known = plain && types.length > 0 && raw.keyLength === keyLength(types) && (!map || raw.dataType === NFT_DATA_VERDICT);
  return { table, name, types, flavour: raw.flags & NFT_SET_INTERVAL ? "interval" : "hash", map, ...(counters ? { counters } : {}), size, comment, known };
}

/** As nft does it: a counter that begins at nothing. */
function writeCounter(writer: AttributeWriter): void {
  const expression = writer.begin(NFTA_SET_EXPR);
  writer.text(NFTA_EXPR_NAME, counter.name);
  writer.end(writer.begin(NFTA_EXPR_DATA));
  writer.end(expression);
}

function writeDescription(writer: AttributeWriter, set: SetHead, ranges: boolean): void {
  const description = writer.begin(NFTA_SET_DESC);
  if (set.size > 0) writer.u32(NFTA_SET_DESC_SIZE, set.size);
  if (ranges) {
    const fields = writer.begin(NFTA_SET_DESC_CONCAT);
    for (const type of set.types) {
      const field = writer.begin(NFTA_LIST_ELEM);
      writer.u32(NFTA_SET_FIELD_LEN, keyTypeTable[type].width);
      writer.end(field);
    }
    writer.end(fields);
  }
  writer.end(description);
}

/** What nft 1.0.6 stores to list types and comment; a concatenation's byte order is that of its fields. */
function userdata(set: SetHead): readonly UserdataItem[] {
  const [only] = set.types;
  const order = set.types.length > 1 || only === undefined ? "none" : keyTypeTable[only].order;
  const items: UserdataItem[] = [[UDATA_SET_KEY_BYTEORDER, BYTEORDER[order]]];
  if (set.map) items.push([UDATA_SET_DATA_BYTEORDER, BYTEORDER.none]);
  if (set.comment !== "") items.push([UDATA_SET_COMMENT, set.comment]);
  return items;
}

function readSize(reader: AttributeReader): number {
  let size = 0;
  reader.enter();
  while (reader.next()) if (reader.type === NFTA_SET_DESC_SIZE) size = reader.u32();
  reader.leave();
  return size;
}
