// Rules: NEWRULE at the end of a chain, before another rule or in its place, DELRULE for one rule or all of a chain or a table, and what a
// dump of rules brings (kernel nf_tables_api.c, nf_tables_newrule, nf_tables_delrule, nf_tables_fill_rule_info). A rule is its expressions and
// a comment in userdata; the kernel gives it a handle, a number that no other rule of its table ever has.

import type { Expression } from "../../rules/ruleset/expression.ts";
import type { BatchWriter } from "./batch.ts";
import {
  NFT_MSG_DELRULE,
  NFT_MSG_GETRULE,
  NFT_MSG_NEWRULE,
  NFTA_RULE_CHAIN,
  NFTA_RULE_EXPRESSIONS,
  NFTA_RULE_HANDLE,
  NFTA_RULE_POSITION,
  NFTA_RULE_TABLE,
  NFTA_RULE_USERDATA,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_ECHO,
  NLM_F_REPLACE,
} from "./constants.ts";
import { decodeExpression, encodeExpression, type UnknownExpression } from "./expr/expression.ts";
import { encodeRequest } from "./message.ts";
import type { AttributeReader } from "./reader.ts";
import { readComment, UDATA_COMMENT, writeUserdata } from "./userdata.ts";
import type { AttributeWriter } from "./writer.ts";

export interface LoweredRule {
  readonly table: string;
  readonly chain: string;
  readonly expressions: readonly Expression[];
  /** Empty: none. At most 253 bytes. */
  readonly comment: string;
}

/** As it is, or with the body that an earlier message of it had. */
export type RuleToSend = LoweredRule | (Pick<LoweredRule, "table" | "chain"> & { readonly body: Uint8Array });

export interface ListedRule {
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expressions: readonly (Expression | UnknownExpression)[];
  readonly comment: string;
}

/**
 * Behind the last rule of its chain. With `echo` the kernel sends the new rule back, which tells its handle (NLM_F_ECHO). Returns the rule's body, what
 * does not depend on its place: a view, valid until the next write. So do the next two.
 */
export function appendRule(batch: BatchWriter, rule: RuleToSend, echo = false): Uint8Array {
  return writeRule(batch, rule, { flags: NLM_F_CREATE | NLM_F_APPEND, echo });
}

/** In front of the rule with the handle; several before the same one keep their order. ENOENT where the chain has no such rule. */
export function insertRule(batch: BatchWriter, rule: RuleToSend, { before, echo }: { readonly before: number; readonly echo: boolean }): Uint8Array {
  return writeRule(batch, rule, { flags: NLM_F_CREATE, echo, position: before });
}

/** In the place of the rule with the handle, under a new handle. ENOENT where the chain has no such rule. */
export function replaceRule(batch: BatchWriter, rule: RuleToSend, { handle, echo }: { readonly handle: number; readonly echo: boolean }): Uint8Array {
  return writeRule(batch, rule, { flags: NLM_F_REPLACE, echo, handle });
}

interface Place {
  readonly flags: number;
  readonly echo: boolean;
  readonly position?: number;
  readonly handle?: number;
}

function writeRule(batch: BatchWriter, rule: RuleToSend, { flags, echo, position, handle }: Place): Uint8Array {
  const writer = batch.begin(NFT_MSG_NEWRULE, echo ? flags | NLM_F_ECHO : flags);
  writer.text(NFTA_RULE_TABLE, rule.table);
  writer.text(NFTA_RULE_CHAIN, rule.chain);
  if (handle !== undefined) writer.u64(NFTA_RULE_HANDLE, BigInt(handle));
  const start = writer.length;
  if ("body" in rule) writer.copy(rule.body);
  else writeBody(writer, rule);
  const end = writer.length;
  if (position !== undefined) writer.u64(NFTA_RULE_POSITION, BigInt(position));
  batch.end();
  return "body" in rule ? rule.body : writer.bytes.subarray(start, end);
}

function writeBody(writer: AttributeWriter, { expressions, comment }: LoweredRule): void {
  const list = writer.begin(NFTA_RULE_EXPRESSIONS);
  for (const expression of expressions) encodeExpression(writer, expression);
  writer.end(list);
  if (comment !== "") writeUserdata(writer, NFTA_RULE_USERDATA, [[UDATA_COMMENT, comment]]);
}

/** ENOENT where the chain has no rule with the handle. */
export function deleteRule(batch: BatchWriter, { table, chain }: Pick<LoweredRule, "table" | "chain">, handle: number): void {
  const writer = batch.begin(NFT_MSG_DELRULE, 0);
  writer.text(NFTA_RULE_TABLE, table);
  writer.text(NFTA_RULE_CHAIN, chain);
  writer.u64(NFTA_RULE_HANDLE, BigInt(handle));
  batch.end();
}

/** All rules of one chain, or of every chain of the table. */
export function deleteRules(batch: BatchWriter, table: string, chain?: string): void {
  const writer = batch.begin(NFT_MSG_DELRULE, 0);
  writer.text(NFTA_RULE_TABLE, table);
  if (chain !== undefined) writer.text(NFTA_RULE_CHAIN, chain);
  batch.end();
}

/** A dump of the table's rules, chain by chain, each in order; or of one chain's. Without the table or the chain it is empty. */
export function rulesRequest(table: string, sequence: number, chain?: string): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETRULE, flags: NLM_F_DUMP, sequence }, (writer) => {
    writer.text(NFTA_RULE_TABLE, table);
    if (chain !== undefined) writer.text(NFTA_RULE_CHAIN, chain);
  });
}

export function decodeRule(reader: AttributeReader): ListedRule {
  let table = "";
  let chain = "";
  let handle = 0;
  let comment = "";
  const expressions: (Expression | UnknownExpression)[] = [];
  while (reader.next()) {
    if (reader.type === NFTA_RULE_TABLE) table = reader.text();
    else if (reader.type === NFTA_RULE_CHAIN) chain = reader.text();
    else if (reader.type === NFTA_RULE_HANDLE) handle = Number(reader.u64());
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

/** Handle of a listed rule, without a look at its expressions. */
export function ruleHandle(reader: AttributeReader): number {
  let handle = 0;
  while (reader.next()) if (reader.type === NFTA_RULE_HANDLE) handle = Number(reader.u64());
  reader.check();
  return handle;
}
