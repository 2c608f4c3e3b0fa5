// Values in nft syntax: scalars by their data type, and the right-hand side of a match. Writes what nft 1.0.6 and newer read back as exactly
// this value; an interface name that no nft text can express is written so that nft refuses the file instead of taking another name.

import { formatAddress } from "../net/address.ts";
import { formatPrefix, prefixContains } from "../net/prefix.ts";
import { rangePrefixes } from "../net/ranges.ts";
import type { Address } from "../net/types.ts";
import { dataTypes } from "./fields.ts";
import type { DataType, Scalar, Value } from "./types.ts";
import { encodeUtf8 } from "./utf8.ts";

export function scalarText(type: DataType, scalar: Scalar): string {
  if (typeof scalar === "string") return nameText(scalar);
  if (typeof scalar === "object") return formatAddress(scalar);
  return dataTypes[type].symbols?.get(scalar) ?? numberText(type, scalar);
}

/** An element of an interval set: a value, a prefix, or `from-to`. Symbols would be read as part of the range, so numbers only. */
export function rangeText(type: DataType, from: Scalar, to: Scalar): string {
  if (typeof from === "object" && typeof to === "object") return addressRangeText(from, to);
  return from === to ? scalarText(type, from) : `${bareText(type, from)}-${bareText(type, to)}`;
}

/** Operator and value of a match, with the space between: `10.0.0.0/8`, `!= "eth0"`, `& 0x100 != 0`. */
export function comparisonText(type: DataType, op: "==" | "!=", value: Value): string {
  const not = op === "!=" ? "!= " : "";
  switch (value.kind) {
    case "scalar":
      // Bit fields without an operator test for any of the bits.
      return `${isBitField(type) && op === "==" ? "== " : not}${scalarText(type, value.value)}`;
    case "range":
      // Always as a range, also of one value: adjacent.ts depends on it.
      return `${not}${bareText(type, value.from)}-${bareText(type, value.to)}`;
    case "prefix":
      return `${not}${formatPrefix(value.prefix)}`;
    case "startsWith":
      return `${not}${startsWithText(value.text)}`;
    case "bits":
      return bitsText(type, op, value.mask);
  }
}

function bareText(type: DataType, scalar: Scalar): string {
  return typeof scalar === "number" ? numberText(type, scalar) : scalarText(type, scalar);
}

function numberText(type: DataType, value: number): string {
  return isBitField(type) || type === "mark" ? `0x${value.toString(16)}` : String(value);
}

function isBitField(type: DataType): boolean {
  return type === "ct_state" || type === "ct_status";
}

function bitsText(type: DataType, op: "==" | "!=", mask: number): string {
  if (!isBitField(type)) return `& ${numberText(type, mask)} ${op === "==" ? "!=" : "=="} 0`;
  return `${op === "!=" ? "! " : ""}${flagsText(type, mask)}`;
}

/** `established,related`; the number when a bit has no name. */
function flagsText(type: DataType, mask: number): string {
  const named = [...(dataTypes[type].symbols ?? [])].filter(([bit]) => (mask & bit) !== 0);
  const whole = named.reduce((sum, [bit]) => sum + bit, 0) === mask;
  return whole && named.length > 0 ? named.map(([, name]) => name).join(",") : numberText(type, mask);
}

function addressRangeText(from: Address, to: Address): string {
  if (from.value === to.value) return formatAddress(from);
  const [prefix, more] = rangePrefixes({ family: from.family, from: from.value, to: to.value });
  const whole = prefix !== undefined && more === undefined && prefixContains(prefix, to);
  return whole ? formatPrefix(prefix) : `${formatAddress(from)}-${formatAddress(to)}`;
}

/**
 * nft reads `*` at the end of a quoted name as a wildcard unless a backslash stands before it, then drops every backslash of the name
 * (expr_evaluate_string, xstrunescape), and counts the escaped text against the 16 bytes of a name.
 */
function nameText(name: string): string {
  if (!name.endsWith("*")) return quoted(name);
  const fits = encodeUtf8(name).length < 15 && !name.includes("\\");
  return fits ? quoted(`${name.slice(0, -1)}\\*`) : inexpressible(name);
}

function startsWithText(text: string): string {
  const fits = encodeUtf8(text).length < 15 && text !== "" && !text.endsWith("\\");
  return fits ? quoted(`${text}*`) : inexpressible(`${text}*`);
}

function quoted(text: string): string {
  return /["\p{Cc}]/u.test(text) || text === "" ? inexpressible(text) : `"${text}"`;
}

/** A syntax error for nft, readable for a human. */
function inexpressible(text: string): string {
  return `<${text.replace(/["\p{Cc}]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`)}>`;
}
