// The ruleset's generation: a number the kernel raises with every commit in a network namespace, and who committed (kernel
// nf_tables_api.c, nf_tables_fill_gen_info). NEWGEN is the answer to GETGEN and also the last notification of each commit.

import { NFPROTO_UNSPEC, NFT_MSG_GETGEN, NFT_MSG_NEWGEN, NFTA_GEN_ID, NFTA_GEN_PROC_NAME, NFTA_GEN_PROC_PID, NLM_F_REQUEST } from "./constants.ts";
import { type Message, singleMessage, tablesType } from "./message.ts";
import { AttributeWriter } from "./writer.ts";

export interface Generation {
  readonly generation: number;
  readonly processId: number;
  readonly processName: string;
}

export function generationRequest(sequence: number): Uint8Array {
  const writer = new AttributeWriter(32);
  const header = { type: tablesType(NFT_MSG_GETGEN), flags: NLM_F_REQUEST, sequence, family: NFPROTO_UNSPEC, resource: 0 };
  return singleMessage(writer, header, () => undefined);
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
