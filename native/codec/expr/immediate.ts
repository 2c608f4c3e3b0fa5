// immediate: constant bytes into a register, or a verdict into the verdict register (kernel nft_immediate.c,
// nft_immediate_init).

import { NFT_REG_VERDICT, NFTA_IMMEDIATE_DATA, NFTA_IMMEDIATE_DREG } from "../constants.ts";
import { type Data, readData, writeValue, writeVerdict } from "../data.ts";
import type { ExpressionCodec, ExpressionOf } from "./codec.ts";

export const immediate: ExpressionCodec<ExpressionOf<"immediate" | "verdict">> = {
  name: "immediate",

  encode: (writer, expression) => {
    writer.u32(NFTA_IMMEDIATE_DREG, expression.kind === "verdict" ? NFT_REG_VERDICT : expression.dreg);
    if (expression.kind === "verdict") writeVerdict(writer, NFTA_IMMEDIATE_DATA, expression.verdict);
    else writeValue(writer, NFTA_IMMEDIATE_DATA, expression.data);
  },

  decode: (reader) => {
    let dreg: number | undefined;
    let data: Data | undefined;
    while (reader.next()) {
      if (reader.type === NFTA_IMMEDIATE_DREG) dreg = reader.u32();
      else if (reader.type === NFTA_IMMEDIATE_DATA) data = readData(reader);
    }
    if (dreg === undefined || data === undefined) return undefined;
    if (data.verdict) return { kind: "verdict", verdict: data.verdict };
    return data.value && { kind: "immediate", dreg, data: data.value };
  },
};
