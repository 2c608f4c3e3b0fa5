// Tables: NEWTABLE, DELTABLE and what GETTABLE answers (kernel nf_tables_api.c, nf_tables_newtable, nf_tables_fill_table_info).

import type { BatchWriter } from "./batch.ts";
import {
  NFT_MSG_DELTABLE,
  NFT_MSG_GETTABLE,
  NFT_MSG_NEWTABLE,
  NFT_TABLE_F_DORMANT,
  NFT_TABLE_F_OWNER,
  NFT_TABLE_F_PERSIST,
  NFTA_TABLE_FLAGS,
  NFTA_TABLE_NAME,
  NFTA_TABLE_OWNER,
  NFTA_TABLE_USERDATA,
  NLM_F_CREATE,
} from "./constants.ts";
import { encodeRequest } from "./message.ts";
import type { AttributeReader } from "./reader.ts";
import { readComment, UDATA_COMMENT, writeUserdata } from "./userdata.ts";

export interface Table {
  readonly name: string;
  /** Its base chains see no packets. */
  readonly dormant: boolean;
  /** Only the socket that made it may change it (Linux 5.12). */
  readonly owner: boolean;
  /** Outlives its owner (Linux 6.9). */
  readonly persist: boolean;
  readonly comment: string;
}

/** As the kernel lists it: with the port id of the socket that owns it. */
export interface ListedTable extends Table {
  readonly ownerPortId: number | undefined;
}

/**
 * Does nothing where the table is there already with the same flags. Otherwise `owner` and `persist` together take over a table that is there with
 * PERSIST and no owner; a table that never had an owner gets none (EOPNOTSUPP), nor does one lose it or PERSIST: it has to be deleted and made anew
 * (nf_tables_updtable). EPERM where another socket owns it.
 */
export function addTable(batch: BatchWriter, table: Table): void {
  const writer = batch.begin(NFT_MSG_NEWTABLE, NLM_F_CREATE);
  writer.text(NFTA_TABLE_NAME, table.name);
  const { dormant, owner, persist } = table;
  writer.u32(NFTA_TABLE_FLAGS, (dormant ? NFT_TABLE_F_DORMANT : 0) | (owner ? NFT_TABLE_F_OWNER : 0) | (persist ? NFT_TABLE_F_PERSIST : 0));
  writeUserdata(writer, NFTA_TABLE_USERDATA, table.comment === "" ? [] : [[UDATA_COMMENT, table.comment]]);
  batch.end();
}

export function deleteTable(batch: BatchWriter, name: string): void {
  batch.begin(NFT_MSG_DELTABLE, 0).text(NFTA_TABLE_NAME, name);
  batch.end();
}

/** Answered by one NEWTABLE, or refused with ENOENT. */
export function tableRequest(name: string, sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETTABLE, flags: 0, sequence }, (writer) => writer.text(NFTA_TABLE_NAME, name));
}

export function decodeTable(reader: AttributeReader): ListedTable {
  let name = "";
  let flags = 0;
  let comment = "";
  let ownerPortId: number | undefined;
  while (reader.next()) {
    if (reader.type === NFTA_TABLE_NAME) name = reader.text();
    else if (reader.type === NFTA_TABLE_FLAGS) flags = reader.u32();
    else if (reader.type === NFTA_TABLE_USERDATA) comment = readComment(reader, UDATA_COMMENT);
    else if (reader.type === NFTA_TABLE_OWNER) ownerPortId = reader.u32();
  }
  reader.check();
  const has = (flag: number) => (flags & flag) !== 0;
  return { name, dormant: has(NFT_TABLE_F_DORMANT), owner: has(NFT_TABLE_F_OWNER), persist: has(NFT_TABLE_F_PERSIST), comment, ownerPortId };
}
