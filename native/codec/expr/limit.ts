// limit: a token bucket that matches while it has tokens, or while it has none when inverted (kernel nft_limit.c,
// nft_limit_init). rate tokens come every unit seconds.

import {
  NFT_LIMIT_F_INV,
  NFT_LIMIT_PKT_BYTES,
  NFT_LIMIT_PKTS,
  NFTA_LIMIT_BURST,
  NFTA_LIMIT_FLAGS,
  NFTA_LIMIT_RATE,
  NFTA_LIMIT_TYPE,
  NFTA_LIMIT_UNIT,
} from "../constants.ts";
import { type ExpressionCodec, type ExpressionOf, wordOf } from "./codec.ts";

const TYPES = { packets: NFT_LIMIT_PKTS, bytes: NFT_LIMIT_PKT_BYTES } as const;

export const limit: ExpressionCodec<ExpressionOf<"limit">> = {
  name: "limit",

  encode: (writer, { rate, unit, burst, type, invert }) => {
    writer.u64(NFTA_LIMIT_RATE, rate);
    writer.u64(NFTA_LIMIT_UNIT, unit);
    writer.u32(NFTA_LIMIT_BURST, burst);
    writer.u32(NFTA_LIMIT_TYPE, TYPES[type]);
    writer.u32(NFTA_LIMIT_FLAGS, invert ? NFT_LIMIT_F_INV : 0);
  },

  decode: (reader) => {
    let rate: bigint | undefined;
    let unit: bigint | undefined;
    let burst = 0;
    let number: number = NFT_LIMIT_PKTS;
    let flags = 0;
    while (reader.next()) {
      if (reader.type === NFTA_LIMIT_RATE) rate = reader.u64();
      else if (reader.type === NFTA_LIMIT_UNIT) unit = reader.u64();
      else if (reader.type === NFTA_LIMIT_BURST) burst = reader.u32();
      else if (reader.type === NFTA_LIMIT_TYPE) number = reader.u32();
      else if (reader.type === NFTA_LIMIT_FLAGS) flags = reader.u32();
    }
    const type = wordOf(TYPES, number);
    if (type === undefined || rate === undefined || unit === undefined) return undefined;
    return { kind: "limit", rate, unit, burst, type, invert: (flags & NFT_LIMIT_F_INV) !== 0 };
  },
};
