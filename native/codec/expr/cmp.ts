// cmp: a register against constant bytes, compared as by memcmp (kernel nft_cmp.c, nft_cmp_init); the rule ends where the
// comparison does not hold.

import type { CmpOp } from "../../../rules/ruleset/expression.ts";
import { NFT_CMP_EQ, NFT_CMP_GT, NFT_CMP_GTE, NFT_CMP_LT, NFT_CMP_LTE, NFT_CMP_NEQ, NFTA_CMP_DATA, NFTA_CMP_OP, NFTA_CMP_SREG } from "../constants.ts";
import { readData, writeValue } from "../data.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const OPS: { readonly [K in CmpOp]: number } = {
  eq: NFT_CMP_EQ,
  neq: NFT_CMP_NEQ,
  lt: NFT_CMP_LT,
  lte: NFT_CMP_LTE,
  gt: NFT_CMP_GT,
  gte: NFT_CMP_GTE,
};

export const cmp: ExpressionCodec<ExpressionOf<"cmp">> = {
  name: "cmp",

  encode: (writer, { op, sreg, data }) => {
    writer.u32(NFTA_CMP_SREG, sreg);
    writer.u32(NFTA_CMP_OP, OPS[op]);
    writeValue(writer, NFTA_CMP_DATA, data);
  },

  decode: (reader) => {
    let sreg: number | undefined;
    let number: number | undefined;
    let data: Uint8Array | undefined;
    while (reader.next()) {
      if (reader.type === NFTA_CMP_SREG) sreg = reader.u32();
      else if (reader.type === NFTA_CMP_OP) number = reader.u32();
      else if (reader.type === NFTA_CMP_DATA) data = readData(reader).value;
    }
    const op = wordOf(OPS, number);
    return op === undefined || sreg === undefined || data === undefined ? undefined : { kind: "cmp", op, sreg, data };
  },
};
