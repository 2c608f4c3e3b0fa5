// Named stateful objects, of which hostward has counters: NEWOBJ, DELOBJ and what a dump brings (kernel nf_tables_api.c,
// nf_tables_newobj, nf_tables_fill_obj_info). The object's data are the attributes of the expression of the same name.

import type { BatchWriter } from "./batch.ts";
import {
  NFT_MSG_DELOBJ,
  NFT_MSG_NEWOBJ,
  NFT_OBJECT_COUNTER,
  NFTA_OBJ_DATA,
  NFTA_OBJ_NAME,
  NFTA_OBJ_TABLE,
  NFTA_OBJ_TYPE,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "./constants.ts";
import { counter } from "./expr/counter.ts";
import type { AttributeReader } from "./reader.ts";

export interface NamedCounter {
  readonly table: string;
  readonly name: string;
  readonly packets: bigint;
  readonly bytes: bigint;
}

export function addCounter(batch: BatchWriter, { table, name, packets, bytes }: NamedCounter): void {
  const writer = batch.begin(NFT_MSG_NEWOBJ, NLM_F_CREATE | NLM_F_EXCL);
  writer.text(NFTA_OBJ_TABLE, table);
  writer.text(NFTA_OBJ_NAME, name);
  writer.u32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
  const data = writer.begin(NFTA_OBJ_DATA);
  counter.encode(writer, { kind: "counter", packets, bytes });
  writer.end(data);
  batch.end();
}

export function deleteCounter(batch: BatchWriter, table: string, name: string): void {
  const writer = batch.begin(NFT_MSG_DELOBJ, 0);
  writer.text(NFTA_OBJ_TABLE, table);
  writer.text(NFTA_OBJ_NAME, name);
  writer.u32(NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
  batch.end();
}

/** Undefined for an object that is no counter. */
export function decodeCounter(reader: AttributeReader): NamedCounter | undefined {
  let table = "";
  let name = "";
  let type = 0;
  let values: { readonly packets: bigint; readonly bytes: bigint } | undefined;
  while (reader.next()) {
    if (reader.type === NFTA_OBJ_TABLE) table = reader.text();
    else if (reader.type === NFTA_OBJ_NAME) name = reader.text();
    else if (reader.type === NFTA_OBJ_TYPE) type = reader.u32();
    else if (reader.type === NFTA_OBJ_DATA && type === NFT_OBJECT_COUNTER) {
      reader.enter();
      values = counter.decode(reader);
      reader.leave();
    }
  }
  reader.check();
  return values && { table, name, packets: values.packets, bytes: values.bytes };
}
