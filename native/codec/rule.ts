// Rules: NEWRULE at the end of a chain, DELRULE for all rules of a chain or a table, and what a dump of rules brings (kernel
// nf_tables_api.c, nf_tables_newrule, nf_tables_fill_rule_info). A rule is its expressions and a comment in userdata.

import type { Expression } from "../../rules/ruleset/expression.ts";
import type { BatchWriter } from "./batch.ts";
import {
  NFT_MSG_DELRULE,
  NFT_MSG_GETRULE,
  NFT_MSG_NEWRULE,
  NFTA_RULE_CHAIN,
  NFTA_RULE_EXPRESSIONS,
  NFTA_RULE_HANDLE,
  NFTA_RULE_TABLE,
  NFTA_RULE_USERDATA,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_DUMP,
} from "./constants.ts";
import { decodeExpression, encodeExpression, type UnknownExpression } from "./expr/expression.ts";
import { encodeRequest } from "./message.ts";
import type { AttributeReader } from "./reader.ts";
import { readComment, UDATA_COMMENT, writeUserdata } from "./userdata.ts";

export interface LoweredRule {
  readonly table: string;
  readonly chain: string;
  readonly expressions: readonly Expression[];
  /** Empty: none. At most 253 bytes. */
  readonly comment: string;
}

export interface ListedRule {
  readonly table: string;
  readonly chain: string;
  readonly handle: bigint;
  readonly expressions: readonly (Expression | UnknownExpression)[];
  readonly comment: string;
}

export function appendRule(batch: BatchWriter, rule: LoweredRule): void {
  const writer = batch.begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  writer.text(NFTA_RULE_TABLE, rule.table);
  writer.text(NFTA_RULE_CHAIN, rule.chain);
  const list = writer.begin(NFTA_RULE_EXPRESSIONS);
  for (const expression of rule.expressions) encodeExpression(writer, expression);
  writer.end(list);
  writeUserdata(writer, NFTA_RULE_USERDATA, rule.comment === "" ? [] : [[UDATA_COMMENT, rule.comment]]);
  batch.end();
}

/** All rules of one chain, or of every chain of the table. */
export function deleteRules(batch: BatchWriter, table: string, chain?: string): void {
  const writer = batch.begin(NFT_MSG_DELRULE, 0);
  writer.text(NFTA_RULE_TABLE, table);
  if (chain !== undefined) writer.text(NFTA_RULE_CHAIN, chain);
  batch.end();
}

/** A dump of the table's rules, chain by chain, each in order. */
export function rulesRequest(table: string, sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETRULE, flags: NLM_F_DUMP, sequence }, (writer) => writer.text(NFTA_RULE_TABLE, table));
}

export function decodeRule(reader: AttributeReader): ListedRule {
  let table = "";
  let chain = "";
  let handle = 0n;
  let comment = "";
  const expressions: (Expression | UnknownExpression)[] = [];
  while (reader.next()) {
    if (reader.type === NFTA_RULE_TABLE) table = reader.text();
    else if (reader.type === NFTA_RULE_CHAIN) chain = reader.text();
    else if (reader.type === NFTA_RULE_HANDLE) handle = reader.u64();
    else if (reader.type === NFTA_RULE_USERDATA) comment = readComment(reader, UDATA_COMMENT);
    else if (reader.type === NFTA_RULE_EXPRESSIONS) {
      reader.enter();
      while (reader.next()) expressions.push(decodeExpression(reader));
      reader.leave();
    }
  }
  reader.check();
  return { table, chain, handle, expressions, comment };
}

/** Chain of a listed rule, without a look at its expressions: counting the rules of a large table. */
export function ruleChain(reader: AttributeReader): string {
  let chain = "";
  while (reader.next()) if (reader.type === NFTA_RULE_CHAIN) chain = reader.text();
  reader.check();
  return chain;
}
