// Where in a message an extended acknowledgement points: the byte offset of an attribute becomes its path in the kernel's names, such
// as "NFTA_RULE_EXPRESSIONS[2] lookup NFTA_LOOKUP_SET". Reads messages that hostward wrote itself; names come from constants.ts, the
// tree below says which group of names stands inside which attribute.

import * as constants from "./constants.ts";
import { MESSAGE_HEADER } from "./message.ts";

const { NFT_MSG_DELCHAIN, NFT_MSG_DELOBJ, NFT_MSG_DELRULE, NFT_MSG_DELSET, NFT_MSG_DELSETELEM, NFT_MSG_DELTABLE } = constants;
const { NFT_MSG_NEWCHAIN, NFT_MSG_NEWOBJ, NFT_MSG_NEWRULE, NFT_MSG_NEWSET, NFT_MSG_NEWSETELEM, NFT_MSG_NEWTABLE } = constants;

/** Attributes of each message: the common start of their names. */
const MESSAGES: ReadonlyMap<number, string> = new Map([
  [NFT_MSG_NEWTABLE, "NFTA_TABLE"],
  [NFT_MSG_DELTABLE, "NFTA_TABLE"],
  [NFT_MSG_NEWCHAIN, "NFTA_CHAIN"],
  [NFT_MSG_DELCHAIN, "NFTA_CHAIN"],
  [NFT_MSG_NEWRULE, "NFTA_RULE"],
  [NFT_MSG_DELRULE, "NFTA_RULE"],
  [NFT_MSG_NEWSET, "NFTA_SET"],
  [NFT_MSG_DELSET, "NFTA_SET"],
  [NFT_MSG_NEWSETELEM, "NFTA_SET_ELEM_LIST"],
  [NFT_MSG_DELSETELEM, "NFTA_SET_ELEM_LIST"],
  [NFT_MSG_NEWOBJ, "NFTA_OBJ"],
  [NFT_MSG_DELOBJ, "NFTA_OBJ"],
]);

/** Attributes that hold others. The attributes of an expression's data are those of its name. */
const NESTS: ReadonlyMap<string, string> = new Map([
  ["NFTA_CHAIN_HOOK", "NFTA_HOOK"],
  ["NFTA_SET_DESC", "NFTA_SET_DESC"],
  ["NFTA_SET_ELEM_KEY", "NFTA_DATA"],
  ["NFTA_SET_ELEM_KEY_END", "NFTA_DATA"],
  ["NFTA_SET_ELEM_DATA", "NFTA_DATA"],
  ["NFTA_CMP_DATA", "NFTA_DATA"],
  ["NFTA_RANGE_FROM_DATA", "NFTA_DATA"],
  ["NFTA_RANGE_TO_DATA", "NFTA_DATA"],
  ["NFTA_BITWISE_MASK", "NFTA_DATA"],
  ["NFTA_BITWISE_XOR", "NFTA_DATA"],
  ["NFTA_IMMEDIATE_DATA", "NFTA_DATA"],
  ["NFTA_DATA_VERDICT", "NFTA_VERDICT"],
]);

/** Attributes that hold a list, and the group of what stands in each of its elements. */
const LISTS: ReadonlyMap<string, string> = new Map([
  ["NFTA_RULE_EXPRESSIONS", "NFTA_EXPR"],
  ["NFTA_SET_DESC_CONCAT", "NFTA_SET_FIELD"],
  ["NFTA_SET_ELEM_LIST_ELEMENTS", "NFTA_SET_ELEM"],
]);

const EXPRESSIONS = ["BITWISE", "CMP", "COUNTER", "CT", "FIB", "IMMEDIATE", "LIMIT", "LOG", "LOOKUP", "META", "OBJREF", "PAYLOAD", "RANGE", "REJECT"];
const groups = [...new Set([...MESSAGES.values(), ...NESTS.values(), ...LISTS.values(), ...EXPRESSIONS.map((name) => `NFTA_${name}`)])];
const utf8 = new TextDecoder();

/** The names of each group, by attribute number. */
const names: ReadonlyMap<string, ReadonlyMap<number, string>> = new Map(groups.map((group) => [group, namesOf(group)]));

interface Attribute {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly type: number;
  readonly index: number;
}

/** Path of the attribute whose header stands at `offset` from the start of the message; as far down as names are known. */
export function attributePath(message: Uint8Array, offset: number): string | undefined {
  const group = MESSAGES.get(message[4] ?? -1);
  return group === undefined ? undefined : within(message, { from: MESSAGE_HEADER, to: message.length }, { group, offset });
}

interface Target {
  readonly group: string;
  readonly offset: number;
}

function within(message: Uint8Array, span: { readonly from: number; readonly to: number }, { group, offset }: Target): string | undefined {
  const attribute = attributeAt(message, span, offset);
  if (attribute === undefined) return undefined;
  const name = names.get(group)?.get(attribute.type) ?? `${group}(${attribute.type})`;
  if (attribute.at === offset) return name;
  const list = LISTS.get(name);
  if (list !== undefined) return `${name}${element(message, attribute, { group: list, offset })}`;
  const nest = NESTS.get(name);
  return joined(name, nest === undefined ? undefined : within(message, attribute, { group: nest, offset }));
}

function element(message: Uint8Array, list: Attribute, { group, offset }: Target): string {
  const attribute = attributeAt(message, list, offset);
  if (attribute === undefined) return "";
  const name = group === "NFTA_EXPR" ? expressionName(message, attribute) : undefined;
  const head = `[${attribute.index}]${name === undefined ? "" : ` ${name}`}`;
  if (attribute.at === offset) return head;
  const data = name === undefined ? undefined : attributeAt(message, attribute, offset);
  if (data === undefined) return joined(head, within(message, attribute, { group, offset }));
  return data.at === offset ? head : joined(head, within(message, data, { group: `NFTA_${name?.toUpperCase()}`, offset }));
}

function expressionName(message: Uint8Array, { from, to }: Attribute): string | undefined {
  const name = attributeAt(message, { from, to }, from);
  return name && utf8.decode(message.subarray(name.from, name.to - 1));
}

/** The attribute of this level that covers the offset. */
function attributeAt(message: Uint8Array, { from, to }: { readonly from: number; readonly to: number }, offset: number): Attribute | undefined {
  for (let at = from, index = 0; at + 4 <= to; index++) {
    const length = (message[at] as number) | ((message[at + 1] as number) << 8);
    if (length < 4 || at + length > to) return undefined;
    const type = ((message[at + 2] as number) | ((message[at + 3] as number) << 8)) & constants.NLA_TYPE_MASK;
    if (offset >= at && offset < at + length) return { at, from: at + 4, to: at + length, type, index };
    at += (length + 3) & ~3;
  }
  return undefined;
}

function joined(head: string, tail: string | undefined): string {
  return tail === undefined ? head : `${head} ${tail}`;
}

function namesOf(group: string): ReadonlyMap<number, string> {
  const inner = groups.filter((other) => other.startsWith(`${group}_`));
  const own = Object.entries(constants).filter(([name]) => name.startsWith(`${group}_`) && !inner.some((other) => name.startsWith(`${other}_`)));
  return new Map(own.map(([name, number]) => [number, name]));
}
