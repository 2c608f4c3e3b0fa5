// The combinators that the decoders of all kinds are composed of: unknown in, a model value or `invalid` out, problems on the cursor.
// None stops at the first problem. Nothing here knows a kind or a field. A decoder of a mapping or list can tell what is in it, so that
// docs/policy-support.md is held against what is really read.

import { trimmed } from "../net/listChanges.ts";
import type { Cursor, Invalid } from "./cursor.ts";
import { invalid } from "./cursor.ts";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import type { ProblemCode } from "./problemCodes.ts";

export interface Decoder<T> {
  (value: unknown, at: Cursor): T | Invalid;
  /** Absent for a scalar and for a mapping with any keys. */
  readonly shape?: Shape;
}

export type Shape =
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Field<unknown>>> }
  | { readonly kind: "list"; readonly item: Decoder<unknown> };

function shaped<T>(decode: (value: unknown, at: Cursor) => T | Invalid, shape: Shape | undefined): Decoder<T> {
  return shape === undefined ? decode : Object.assign(decode, { shape });
}

/** A field of an object. Null counts as absent, as it does in Kubernetes. */
export interface Field<T> {
  readonly decoder: Decoder<T>;
  /** The value of an absent field, or what to do about it when it must be there. */
  readonly absent: { readonly kind: "default"; readonly value: T } | { readonly kind: "required"; readonly hint: string };
  /** How little hostward makes of it: nothing, or a problem. Absent for a field that means what Calico says. */
  readonly effect?: "none" | "refused";
}

export function required<T>(decoder: Decoder<T>, hint: string): Field<T> {
  return { decoder, absent: { kind: "required", hint } };
}

export function optional<T>(decoder: Decoder<T>): Field<T | undefined> {
  return { decoder, absent: { kind: "default", value: undefined } };
}

export function withDefault<T>(decoder: Decoder<T>, value: T): Field<T> {
  return { decoder, absent: { kind: "default", value } };
}

/** A field that exists, whatever it holds, and means nothing to hostward. */
export const unread: Field<undefined> = { decoder: () => undefined, absent: { kind: "default", value: undefined }, effect: "none" };

/** A field whose value must be good, and means nothing to hostward. */
export function withoutEffect<T>(field: Field<T>): Field<T> {
  return { ...field, effect: "none" };
}

/** A condition over several fields; it runs when those it reads are sound. */
export interface Check<T> {
  readonly reads: readonly (keyof T)[];
  readonly run: (value: T, at: Cursor) => void;
}

export function check<T, K extends keyof T>(reads: readonly K[], run: (value: Pick<T, K>, at: Cursor) => void): Check<T> {
  return { reads, run };
}

type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

/** A mapping with these fields and no others. */
export function object<T extends object>(fields: Fields<T>, checks: readonly Check<T>[] = []): Decoder<T> {
  const names = Object.keys(fields);
  return mapping(fields, checks, (value, at) => reportUnknownFields(value, names, at));
}

/** A mapping with these fields among others: an object of Kubernetes' own, which gets new fields with every version. */
export function openObject<T extends object>(fields: Fields<T>): Decoder<T> {
  return mapping(fields, [], () => undefined);
}

function mapping<T extends object>(fields: Fields<T>, checks: readonly Check<T>[], review: (value: Mapping, at: Cursor) => void): Decoder<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const decode = (value: unknown, at: Cursor): T | Invalid => {
    if (!isMapping(value)) return at.fail(typeIssue("a mapping", value));
    const before = at.errors;
    review(value, at);
    const sound: Partial<T> = {};
    for (const name of names) {
      const decoded = decodeField(value, name, fields[name], at);
      if (decoded !== invalid) sound[name] = decoded;
    }
    for (const { reads, run } of checks) {
      if (reads.every((name) => name in sound)) run(sound as T, at);
    }
    return at.errors === before ? (sound as T) : invalid;
  };
  return shaped(decode, { kind: "object", fields: fields as Readonly<Record<string, Field<unknown>>> });
}

type Mapping = Readonly<Record<string, unknown>>;

function decodeField<T>(value: Mapping, name: string, field: Field<T>, at: Cursor): T | Invalid {
  const given = Object.hasOwn(value, name) ? value[name] : undefined;
  if (given !== undefined && given !== null) return decodeAt(at, name, field.decoder, given);
  if (field.absent.kind === "default") return field.absent.value;
  return at.fail({ code: "field-missing", path: [name], message: "is required and missing", hint: field.absent.hint });
}

function reportUnknownFields(value: Mapping, names: readonly string[], at: Cursor): void {
  for (const name of Object.keys(value).filter((key) => !names.includes(key))) {
    const meant = nearest(name, names);
    const hint = meant === undefined ? `the fields here are ${names.join(", ")}` : `did you mean ${meant}?`;
    at.report({ code: "unknown-field", path: [name], spot: { kind: "key" }, message: "there is no such field", hint });
  }
}

export interface Unique<T> {
  readonly by: (item: T) => string;
  readonly severity: Problem["severity"];
  readonly hint: string;
}

export interface ListLimits<T> {
  readonly most?: number;
  /** What makes two entries the same, where the list is a set, and how bad that is. */
  readonly unique?: Unique<T>;
}

export function list<T>(item: Decoder<T>, limits: ListLimits<T> = {}): Decoder<readonly T[]> {
  const decode = (value: unknown, at: Cursor): readonly T[] | Invalid => {
    if (!Array.isArray(value)) return at.fail({ ...typeIssue("a list", value), hint: 'begin each entry with "- ", also when there is only one' });
    const before = at.errors;
    if (limits.most !== undefined && value.length > limits.most) {
      at.report({ code: "field-limit", message: `expected at most ${limits.most} entries, got ${value.length}` });
    }
    const items: T[] = [];
    for (const [index, entry] of value.entries()) {
      const decoded = decodeAt(at, index, item, entry);
      if (decoded !== invalid) items.push(decoded);
    }
    // With an unsound entry left out the indices would be wrong; its own problem comes first.
    if (limits.unique !== undefined && items.length === value.length) reportDuplicates(items, limits.unique, at);
    return at.errors === before ? trimmed(items) : invalid;
  };
  return shaped(decode, { kind: "list", item });
}

function reportDuplicates<T>(items: readonly T[], { by, severity, hint }: Unique<T>, at: Cursor): void {
  const seen = new Set<string>();
  for (const [index, key] of items.map(by).entries()) {
    if (seen.has(key)) at.report({ code: "field-duplicate", severity, path: [index], message: `${show(key)} is in the list already`, hint });
    seen.add(key);
  }
}

/** A mapping from any key to strings; `key` reports what is wrong with one. */
export function stringMap(value: Decoder<string>, key: (name: string, at: Cursor) => void): Decoder<Readonly<Record<string, string>>> {
  return (given, at) => {
    if (!isMapping(given)) return at.fail(typeIssue("a mapping", given));
    const before = at.errors;
    const entries: [string, string][] = [];
    for (const [name, raw] of Object.entries(given)) {
      key(name, at);
      const decoded = decodeAt(at, name, value, raw);
      if (decoded !== invalid) entries.push([name, decoded]);
    }
    return at.errors === before ? Object.fromEntries(entries) : invalid;
  };
}

/** What `first` gives, looked at further; `written` is what it was given. */
export function refine<A, B>(first: Decoder<A>, next: (value: A, at: Cursor, written: unknown) => B | Invalid): Decoder<B> {
  const decode = (value: unknown, at: Cursor): B | Invalid => {
    const decoded = first(value, at);
    return decoded === invalid ? invalid : next(decoded, at, value);
  };
  return shaped(decode, first.shape);
}

export const text: Decoder<string> = (value, at) => {
  if (typeof value === "string") return value;
  const scalar = typeof value === "number" || typeof value === "boolean";
  const hint = scalar ? "put it in quotes: YAML takes numbers, true, false, yes, no, on and off for values of their own" : undefined;
  return at.fail({ ...typeIssue("a string", value), hint });
};

export const boolean: Decoder<boolean> = (value, at) => {
  if (typeof value === "boolean") return value;
  return at.fail({ ...typeIssue("true or false", value), hint: value === "true" || value === "false" ? "remove the quotes" : undefined });
};

/** Any finite number. */
export const number: Decoder<number> = (value, at) => {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "number") return at.fail({ code: "field-value", message: `expected a finite number, got ${value}` });
  const quoted = typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
  return at.fail({ ...typeIssue("a number", value), hint: quoted ? "remove the quotes" : undefined });
};

export function integer(from: number, to: number): Decoder<number> {
  return refine(number, (value, at) => {
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    return at.fail({ code: "field-value", message: `expected a whole number from ${from} to ${to}, got ${value}` });
  });
}

/** One of these words, in this spelling. `alike` has other people's words for them, in lower case. */
export function oneOf<const W extends string>(words: readonly W[], alike: Readonly<Record<string, W>> = {}): Decoder<W> {
  return refine(text, (value, at) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    const lower = value.toLowerCase();
    const meant = Object.hasOwn(alike, lower) ? alike[lower] : nearest(value, words);
    const hint = meant === undefined ? undefined : `did you mean ${meant}?`;
    return at.fail({ code: "field-value", message: `expected ${enumerate(words)}, got ${show(value)}`, hint });
  });
}

/** `a, b or c`. */
export function enumerate(words: readonly (string | number)[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** A value of a wrong type: "expected a list, got the number 80". */
export function typeIssue(expected: string, value: unknown): { readonly code: ProblemCode; readonly message: string } {
  return { code: "field-type", message: `expected ${expected}, got ${describe(value)}` };
}

/** A text in quotes, cut where it is long. */
export function show(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return `the string ${show(value)}`;
  return typeof value === "object" ? "a mapping" : `the ${typeof value} ${String(value)}`;
}

function decodeAt<T>(at: Cursor, step: string | number, decoder: Decoder<T>, value: unknown): T | Invalid {
  at.enter(step);
  const decoded = decoder(value, at);
  at.leave();
  return decoded;
}
