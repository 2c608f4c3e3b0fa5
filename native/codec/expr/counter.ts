// counter: packets and bytes that came this far (kernel nft_counter.c, nft_counter_do_init). The same attributes make up the
// data of a named counter object (object.ts).

import { NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS } from "../constants.ts";
import type { ExpressionCodec, ExpressionOf } from "./codec.ts";

export const counter: ExpressionCodec<ExpressionOf<"counter">> = {
  name: "counter",

  encode: (writer, { packets, bytes }) => {
    writer.u64(NFTA_COUNTER_BYTES, bytes);
    writer.u64(NFTA_COUNTER_PACKETS, packets);
  },

  decode: (reader) => {
    let packets = 0n;
    let bytes = 0n;
    while (reader.next()) {
      if (reader.type === NFTA_COUNTER_BYTES) bytes = reader.u64();
      else if (reader.type === NFTA_COUNTER_PACKETS) packets = reader.u64();
    }
    return { kind: "counter", packets, bytes };
  },
};
