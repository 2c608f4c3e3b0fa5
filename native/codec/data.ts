// nft_data, the nest that carries either raw bytes for a register or a verdict (kernel nft_data_init, nft_verdict_init):
// both directions. Used by expressions and by set elements; knows neither.

import type { Verdict } from "../../rules/ruleset/types.ts";
import { NF_ACCEPT, NF_DROP, NFT_GOTO, NFT_JUMP, NFT_RETURN, NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE } from "./constants.ts";
import type { AttributeReader } from "./reader.ts";
import type { AttributeWriter } from "./writer.ts";

const CODES: { readonly [K in Verdict["kind"]]: number } = { accept: NF_ACCEPT, drop: NF_DROP, return: NFT_RETURN, jump: NFT_JUMP, goto: NFT_GOTO };

/** What a nft_data nest holds. A verdict that hostward has no word for (continue, break, queue) leaves both undefined. */
export interface Data {
  readonly value: Uint8Array | undefined;
  readonly verdict: Verdict | undefined;
}

export function writeValue(writer: AttributeWriter, type: number, value: Uint8Array): void {
  const nest = writer.begin(type);
  writer.data(NFTA_DATA_VALUE, value);
  writer.end(nest);
}

export function writeVerdict(writer: AttributeWriter, type: number, verdict: Verdict): void {
  const nest = writer.begin(type);
  const inner = writer.begin(NFTA_DATA_VERDICT);
  writer.u32(NFTA_VERDICT_CODE, CODES[verdict.kind]);
  if (verdict.kind === "jump" || verdict.kind === "goto") writer.text(NFTA_VERDICT_CHAIN, verdict.chain);
  writer.end(inner);
  writer.end(nest);
}

/** Reads the current attribute as nft_data. */
export function readData(reader: AttributeReader): Data {
  let value: Uint8Array | undefined;
  let verdict: Verdict | undefined;
  reader.enter();
  while (reader.next()) {
    if (reader.type === NFTA_DATA_VALUE) value = reader.data();
    else if (reader.type === NFTA_DATA_VERDICT) verdict = readVerdict(reader);
  }
  reader.leave();
  return { value, verdict };
}

function readVerdict(reader: AttributeReader): Verdict | undefined {
  let code: number | undefined;
  let chain = "";
  reader.enter();
  while (reader.next()) {
    if (reader.type === NFTA_VERDICT_CODE) code = reader.i32();
    else if (reader.type === NFTA_VERDICT_CHAIN) chain = reader.text();
  }
  reader.leave();
  switch (code) {
    case NF_ACCEPT:
      return { kind: "accept" };
    case NF_DROP:
      return { kind: "drop" };
    case NFT_RETURN:
      return { kind: "return" };
    case NFT_JUMP:
      return { kind: "jump", chain };
    case NFT_GOTO:
      return { kind: "goto", chain };
    default:
      return undefined;
  }
}
