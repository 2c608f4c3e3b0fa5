// log: a line in the kernel log (kernel nft_log.c, nft_log_init). A group would mean nfnetlink_log, which is not ours, nor are
// flags. A dump without level means the kernel's default, warning.

import { NFT_LOGLEVEL_WARNING, NFTA_LOG_FLAGS, NFTA_LOG_GROUP, NFTA_LOG_LEVEL, NFTA_LOG_PREFIX } from "../constants.ts";
import type { ExpressionCodec, ExpressionOf } from "./codec.ts";

export const log: ExpressionCodec<ExpressionOf<"log">> = {
  name: "log",

  encode: (writer, { prefix, level }) => {
    if (prefix !== "") writer.text(NFTA_LOG_PREFIX, prefix);
    writer.u32(NFTA_LOG_LEVEL, level);
  },

  decode: (reader) => {
    let prefix = "";
    let level = NFT_LOGLEVEL_WARNING;
    let plain = true;
    while (reader.next()) {
      if (reader.type === NFTA_LOG_PREFIX) prefix = reader.text();
      else if (reader.type === NFTA_LOG_LEVEL) level = reader.u32();
      else if (reader.type === NFTA_LOG_GROUP) plain = false;
      else if (reader.type === NFTA_LOG_FLAGS && reader.u32() !== 0) plain = false;
    }
    return plain ? { kind: "log", prefix, level } : undefined;
  },
};
