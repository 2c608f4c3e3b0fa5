// lookup: a register searched in a set, or in a verdict map whose answer goes to the verdict register (kernel nft_lookup.c,
// nft_lookup_init). The set is named, not numbered: the kernel finds a set of the same batch by name too. With a destination
// register other than the verdict's it is a data map, which is not ours.

import { NFT_LOOKUP_F_INV, NFT_REG_VERDICT, NFTA_LOOKUP_DREG, NFTA_LOOKUP_FLAGS, NFTA_LOOKUP_SET, NFTA_LOOKUP_SREG } from "../constants.ts";
import type { ExpressionCodec, ExpressionOf } from "./codec.ts";

export const lookup: ExpressionCodec<ExpressionOf<"lookup" | "vmap">> = {
  name: "lookup",

  encode: (writer, expression) => {
    writer.u32(NFTA_LOOKUP_SREG, expression.sreg);
    if (expression.kind === "vmap") writer.u32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
    writer.text(NFTA_LOOKUP_SET, expression.kind === "vmap" ? expression.map : expression.set);
    if (expression.kind === "lookup" && expression.invert) writer.u32(NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
  },

  decode: (reader) => {
    let set: string | undefined;
    let sreg: number | undefined;
    let dreg: number | undefined;
    let flags = 0;
    while (reader.next()) {
      if (reader.type === NFTA_LOOKUP_SET) set = reader.text();
      else if (reader.type === NFTA_LOOKUP_SREG) sreg = reader.u32();
      else if (reader.type === NFTA_LOOKUP_DREG) dreg = reader.u32();
      else if (reader.type === NFTA_LOOKUP_FLAGS) flags = reader.u32();
    }
    if (set === undefined || sreg === undefined) return undefined;
    if (dreg === undefined) return { kind: "lookup", set, sreg, invert: (flags & NFT_LOOKUP_F_INV) !== 0 };
    return dreg === NFT_REG_VERDICT ? { kind: "vmap", map: set, sreg } : undefined;
  },
};
