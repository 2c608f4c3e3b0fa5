// ct: a property of the packet's connection into a register (kernel nft_ct.c, nft_ct_get_init). Keys that differ by direction
// and setting are not ours.

import type { CtKey } from "../../../rules/ruleset/expression.ts";
import { NFT_CT_DIRECTION, NFT_CT_MARK, NFT_CT_STATE, NFT_CT_STATUS, NFTA_CT_DREG, NFTA_CT_KEY } from "../constants.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const KEYS: { readonly [K in CtKey]: number } = { state: NFT_CT_STATE, direction: NFT_CT_DIRECTION, status: NFT_CT_STATUS, mark: NFT_CT_MARK };

export const ct: ExpressionCodec<ExpressionOf<"ct">> = {
  name: "ct",

  encode: (writer, { key, dreg }) => {
    writer.u32(NFTA_CT_KEY, KEYS[key]);
    writer.u32(NFTA_CT_DREG, dreg);
  },

  decode: (reader) => {
    let number: number | undefined;
    let dreg: number | undefined;
    while (reader.next()) {
      if (reader.type === NFTA_CT_KEY) number = reader.u32();
      else if (reader.type === NFTA_CT_DREG) dreg = reader.u32();
    }
    const key = wordOf(KEYS, number);
    return key === undefined || dreg === undefined ? undefined : { kind: "ct", key, dreg };
  },
};
