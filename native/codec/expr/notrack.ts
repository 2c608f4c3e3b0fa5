// notrack: no connection tracking for this packet (kernel nft_ct.c, nft_notrack_eval). It has no attributes.

import type { ExpressionCodec, ExpressionOf } from "./codec.ts";

export const notrack: ExpressionCodec<ExpressionOf<"notrack">> = {
  name: "notrack",
  encode: () => undefined,
  decode: () => ({ kind: "notrack" }),
};
