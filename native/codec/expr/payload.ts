// payload: bytes of the packet into a register (kernel nft_payload.c, nft_payload_init). Writing into packets is not ours: a
// message with a source register decodes to nothing.

import {
  NFT_PAYLOAD_LL_HEADER,
  NFT_PAYLOAD_NETWORK_HEADER,
  NFT_PAYLOAD_TRANSPORT_HEADER,
  NFTA_PAYLOAD_BASE,
  NFTA_PAYLOAD_DREG,
  NFTA_PAYLOAD_LEN,
  NFTA_PAYLOAD_OFFSET,
} from "../constants.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const BASES = { link: NFT_PAYLOAD_LL_HEADER, network: NFT_PAYLOAD_NETWORK_HEADER, transport: NFT_PAYLOAD_TRANSPORT_HEADER } as const;

export const payload: ExpressionCodec<ExpressionOf<"payload">> = {
  name: "payload",

  encode: (writer, { base, offset, length, dreg }) => {
    writer.u32(NFTA_PAYLOAD_DREG, dreg);
    writer.u32(NFTA_PAYLOAD_BASE, BASES[base]);
    writer.u32(NFTA_PAYLOAD_OFFSET, offset);
    writer.u32(NFTA_PAYLOAD_LEN, length);
  },

  decode: (reader) => {
    let dreg: number | undefined;
    let number: number | undefined;
    let offset = 0;
    let length = 0;
    while (reader.next()) {
      if (reader.type === NFTA_PAYLOAD_DREG) dreg = reader.u32();
      else if (reader.type === NFTA_PAYLOAD_BASE) number = reader.u32();
      else if (reader.type === NFTA_PAYLOAD_OFFSET) offset = reader.u32();
      else if (reader.type === NFTA_PAYLOAD_LEN) length = reader.u32();
    }
    const base = wordOf(BASES, number);
    return base === undefined || dreg === undefined ? undefined : { kind: "payload", base, offset, length, dreg };
  },
};
