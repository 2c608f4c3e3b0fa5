// The shape that each file of this folder fills in for one kernel expression: the kernel's name of it, and how the attributes
// inside NFTA_EXPR_DATA are written and read. expression.ts picks the right one.

import type { Expression } from "../../../rules/ruleset/expression.ts";
import type { AttributeReader } from "../reader.ts";
import type { AttributeWriter } from "../writer.ts";

export type ExpressionOf<K extends Expression["kind"]> = Extract<Expression, { readonly kind: K }>;

export interface ExpressionCodec<E extends Expression> {
  /** NFTA_EXPR_NAME. */
  readonly name: string;
  readonly encode: (writer: AttributeWriter, expression: E) => void;
  /** Undefined for a variant that Expression has no word for. */
  readonly decode: (reader: AttributeReader) => E | undefined;
}

/** The word that stands for a kernel number. */
export function wordOf<T extends string>(numbers: { readonly [K in T]: number }, value: number | undefined): T | undefined {
  for (const word in numbers) if (numbers[word] === value) return word;
  return undefined;
}
