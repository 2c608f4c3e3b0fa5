// The selector language's tree (semantics 5.8). parser.ts makes it, matches.ts evaluates it, print.ts gives its canonical text (S47).

export type Selector =
  | { readonly kind: "all" }
  | { readonly kind: "global" }
  | { readonly kind: "has"; readonly label: string }
  | { readonly kind: "compare"; readonly op: "==" | "!=" | "contains" | "starts with" | "ends with"; readonly label: string; readonly value: string }
  | { readonly kind: "in"; readonly label: string; readonly negated: boolean; readonly values: readonly string[] }
  | { readonly kind: "not"; readonly operand: Selector }
  | { readonly kind: "and" | "or"; readonly operands: readonly Selector[] };
