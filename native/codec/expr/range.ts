// range: a register inside or outside of two constant bounds, both inclusive (kernel nft_range.c, nft_range_init).

import { NFT_RANGE_EQ, NFT_RANGE_NEQ, NFTA_RANGE_FROM_DATA, NFTA_RANGE_OP, NFTA_RANGE_SREG, NFTA_RANGE_TO_DATA } from "../constants.ts";
import { readData, writeValue } from "../data.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const OPS = { eq: NFT_RANGE_EQ, neq: NFT_RANGE_NEQ } as const;

export const range: ExpressionCodec<ExpressionOf<"range">> = {
  name: "range",

  encode: (writer, { op, sreg, from, to }) => {
    writer.u32(NFTA_RANGE_SREG, sreg);
    writer.u32(NFTA_RANGE_OP, OPS[op]);
    writeValue(writer, NFTA_RANGE_FROM_DATA, from);
    writeValue(writer, NFTA_RANGE_TO_DATA, to);
  },

  decode: (reader) => {
    let sreg: number | undefined;
    let number: number | undefined;
    let from: Uint8Array | undefined;
    let to: Uint8Array | undefined;
    while (reader.next()) {
      if (reader.type === NFTA_RANGE_SREG) sreg = reader.u32();
      else if (reader.type === NFTA_RANGE_OP) number = reader.u32();
      else if (reader.type === NFTA_RANGE_FROM_DATA) from = readData(reader).value;
      else if (reader.type === NFTA_RANGE_TO_DATA) to = readData(reader).value;
    }
    const op = wordOf(OPS, number);
    if (op === undefined || sreg === undefined || from === undefined || to === undefined) return undefined;
    return { kind: "range", op, sreg, from, to };
  },
};
