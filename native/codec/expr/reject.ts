// reject: an answer to the sender and a drop (kernel nft_reject.c, nft_reject_init). The kernel neither wants nor dumps a code
// with a TCP reset; nft sends 0.

import { NFT_REJECT_ICMP_UNREACH, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_TCP_RST, NFTA_REJECT_ICMP_CODE, NFTA_REJECT_TYPE } from "../constants.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const TYPES = { icmp: NFT_REJECT_ICMP_UNREACH, tcpReset: NFT_REJECT_TCP_RST, icmpx: NFT_REJECT_ICMPX_UNREACH } as const;

export const reject: ExpressionCodec<ExpressionOf<"reject">> = {
  name: "reject",

  encode: (writer, { type, code }) => {
    writer.u32(NFTA_REJECT_TYPE, TYPES[type]);
    writer.u8(NFTA_REJECT_ICMP_CODE, code);
  },

  decode: (reader) => {
    let number: number | undefined;
    let code = 0;
    while (reader.next()) {
      if (reader.type === NFTA_REJECT_TYPE) number = reader.u32();
      else if (reader.type === NFTA_REJECT_ICMP_CODE) code = reader.u8();
    }
    const type = wordOf(TYPES, number);
    return type === undefined ? undefined : { kind: "reject", type, code };
  },
};
