// bitwise: (register & mask) ^ xor into a register (kernel nft_bitwise.c, nft_bitwise_init_mask_xor). That operation is the
// kernel's default and needs no NFTA_BITWISE_OP; shifts and register operands are not ours and decode to nothing.

import {
  NFT_BITWISE_MASK_XOR,
  NFTA_BITWISE_DREG,
  NFTA_BITWISE_LEN,
  NFTA_BITWISE_MASK,
  NFTA_BITWISE_OP,
  NFTA_BITWISE_SREG,
  NFTA_BITWISE_XOR,
} from "../constants.ts";
import { readData, writeValue } from "../data.ts";
import type { AttributeReader } from "../reader.ts";
import type { ExpressionCodec, ExpressionOf } from "./codec.ts";

export const bitwise: ExpressionCodec<ExpressionOf<"bitwise">> = {
  name: "bitwise",

  encode: (writer, { sreg, dreg, length, mask, xor }) => {
    writer.u32(NFTA_BITWISE_SREG, sreg);
    writer.u32(NFTA_BITWISE_DREG, dreg);
    writer.u32(NFTA_BITWISE_LEN, length);
    writeValue(writer, NFTA_BITWISE_MASK, mask);
    writeValue(writer, NFTA_BITWISE_XOR, xor);
  },

  decode: (reader) => {
    const { sreg, dreg, length, op, mask, xor } = readAttributes(reader);
    if (op !== NFT_BITWISE_MASK_XOR || sreg === undefined || dreg === undefined || mask === undefined || xor === undefined) return undefined;
    return { kind: "bitwise", sreg, dreg, length, mask, xor };
  },
};

function readAttributes(reader: AttributeReader) {
  let sreg: number | undefined;
  let dreg: number | undefined;
  let length = 0;
  let op = NFT_BITWISE_MASK_XOR;
  let mask: Uint8Array | undefined;
  let xor: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.type === NFTA_BITWISE_SREG) sreg = reader.u32();
    else if (reader.type === NFTA_BITWISE_DREG) dreg = reader.u32();
    else if (reader.type === NFTA_BITWISE_LEN) length = reader.u32();
    else if (reader.type === NFTA_BITWISE_OP) op = reader.u32();
    else if (reader.type === NFTA_BITWISE_MASK) mask = readData(reader).value;
    else if (reader.type === NFTA_BITWISE_XOR) xor = readData(reader).value;
  }
  return { sreg, dreg, length, op, mask, xor };
}
