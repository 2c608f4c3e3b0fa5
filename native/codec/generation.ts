// The ruleset's generation: a number the kernel raises with every commit in a network namespace, and who committed (kernel
// nf_tables_api.c, nf_tables_fill_gen_info). NEWGEN is the answer to GETGEN and also the last notification of each commit.

import { NFT_MSG_GETGEN, NFT_MSG_NEWGEN, NFTA_GEN_ID, NFTA_GEN_PROC_NAME, NFTA_GEN_PROC_PID } from "./constants.ts";
import { encodeRequest, type Message, tablesType } from "./message.ts";

export interface Generation {
  readonly generation: number;
  readonly processId: number;
  readonly processName: string;
}

export function generationRequest(sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETGEN, flags: 0, sequence });
}

/** Undefined for any message but NEWGEN. */
export function decodeGeneration({ type, attributes }: Message): Generation | undefined {
  if (type !== tablesType(NFT_MSG_NEWGEN)) return undefined;
  let generation = 0;
  let processId = 0;
  let processName = "";
  while (attributes.next()) {
    if (attributes.type === NFTA_GEN_ID) generation = attributes.u32();
    else if (attributes.type === NFTA_GEN_PROC_PID) processId = attributes.u32();
    else if (attributes.type === NFTA_GEN_PROC_NAME) processName = attributes.text();
  }
  attributes.check();
  return { generation, processId, processName };
}
