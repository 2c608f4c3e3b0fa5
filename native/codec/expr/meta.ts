// meta: packet metadata into a register, or a register into the packet's mark (kernel nft_meta.c, nft_meta_get_init and
// nft_meta_set_init). Which way it goes is told by the register attribute present: DREG loads, SREG stores.

import type { MetaKey } from "../../../rules/ruleset/expression.ts";
import {
  NFT_META_IIF,
  NFT_META_IIFNAME,
  NFT_META_L4PROTO,
  NFT_META_MARK,
  NFT_META_NFPROTO,
  NFT_META_OIF,
  NFT_META_OIFNAME,
  NFT_META_PROTOCOL,
  NFTA_META_DREG,
  NFTA_META_KEY,
  NFTA_META_SREG,
} from "../constants.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const KEYS: { readonly [K in MetaKey]: number } = {
  protocol: NFT_META_PROTOCOL,
  mark: NFT_META_MARK,
  iif: NFT_META_IIF,
  oif: NFT_META_OIF,
  iifname: NFT_META_IIFNAME,
  oifname: NFT_META_OIFNAME,
  nfproto: NFT_META_NFPROTO,
  l4proto: NFT_META_L4PROTO,
};

export const meta: ExpressionCodec<ExpressionOf<"meta" | "metaSet">> = {
  name: "meta",

  encode: (writer, expression) => {
    writer.u32(NFTA_META_KEY, KEYS[expression.key]);
    if (expression.kind === "meta") writer.u32(NFTA_META_DREG, expression.dreg);
    else writer.u32(NFTA_META_SREG, expression.sreg);
  },

  decode: (reader) => {
    let number: number | undefined;
    let dreg: number | undefined;
    let sreg: number | undefined;
    while (reader.next()) {
      if (reader.type === NFTA_META_KEY) number = reader.u32();
      else if (reader.type === NFTA_META_DREG) dreg = reader.u32();
      else if (reader.type === NFTA_META_SREG) sreg = reader.u32();
    }
    const key = wordOf(KEYS, number);
    if (key !== undefined && dreg !== undefined) return { kind: "meta", key, dreg };
    if (key === "mark" && sreg !== undefined) return { kind: "metaSet", key, sreg };
    return undefined;
  },
};
