// objref: runs a named stateful object, for us a counter (kernel nft_objref.c, nft_objref_init). A reference looked up in a map
// is not ours.

import { NFTA_OBJREF_IMM_NAME, NFTA_OBJREF_IMM_TYPE } from "../constants.ts";
import type { ExpressionCodec, ExpressionOf } from "./codec.ts";

export const objref: ExpressionCodec<ExpressionOf<"objref">> = {
  name: "objref",

  encode: (writer, { objectType, name }) => {
    writer.u32(NFTA_OBJREF_IMM_TYPE, objectType);
    writer.text(NFTA_OBJREF_IMM_NAME, name);
  },

  decode: (reader) => {
    let objectType: number | undefined;
    let name: string | undefined;
    while (reader.next()) {
      if (reader.type === NFTA_OBJREF_IMM_TYPE) objectType = reader.u32();
      else if (reader.type === NFTA_OBJREF_IMM_NAME) name = reader.text();
    }
    return objectType === undefined || name === undefined ? undefined : { kind: "objref", objectType, name };
  },
};
