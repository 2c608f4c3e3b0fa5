// fib: a routing lookup on the packet's address into a register (kernel nft_fib.c, nft_fib_init). flags are NFTA_FIB_F_*.

import { NFT_FIB_RESULT_ADDRTYPE, NFT_FIB_RESULT_OIF, NFT_FIB_RESULT_OIFNAME, NFTA_FIB_DREG, NFTA_FIB_FLAGS, NFTA_FIB_RESULT } from "../constants.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const RESULTS = { oif: NFT_FIB_RESULT_OIF, oifname: NFT_FIB_RESULT_OIFNAME, addrtype: NFT_FIB_RESULT_ADDRTYPE } as const;

export const fib: ExpressionCodec<ExpressionOf<"fib">> = {
  name: "fib",

  encode: (writer, { result, flags, dreg }) => {
    writer.u32(NFTA_FIB_FLAGS, flags);
    writer.u32(NFTA_FIB_RESULT, RESULTS[result]);
    writer.u32(NFTA_FIB_DREG, dreg);
  },

  decode: (reader) => {
    let number: number | undefined;
    let flags = 0;
    let dreg: number | undefined;
    while (reader.next()) {
      if (reader.type === NFTA_FIB_RESULT) number = reader.u32();
      else if (reader.type === NFTA_FIB_FLAGS) flags = reader.u32();
      else if (reader.type === NFTA_FIB_DREG) dreg = reader.u32();
    }
    const result = wordOf(RESULTS, number);
    return result === undefined || dreg === undefined ? undefined : { kind: "fib", result, flags, dreg };
  },
};
