// Trouble with what the user wrote: values, collected and located, never thrown. Operational errors and our own bugs are other things.

/** Where in the user's input. Lines and columns count from 1; both absent when the input has none (an API object). */
export interface Place {
  readonly source: string;
  readonly line?: number;
  readonly column?: number;
}

/** From the input's root: field names and list indices. */
export type Path = readonly (string | number)[];

/** Which part of the place a path names: the field's name instead of its value, or so many characters into the value. */
export type Spot = { readonly kind: "key" } | { readonly kind: "offset"; readonly offset: number };

/** Finds a path's place in the input; a path that is not there has the place of its nearest ancestor. May be slow: called for problems, resources and rules only. */
export type Locate = (path: Path, spot?: Spot) => Place;

export interface Problem {
  /** Stable, from the catalogue in problemCodes.ts: for instance "field-value", "unknown-kind", "duplicate-name". */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly place: Place;
  /** "HostEndpoint/some.name" or "NetworkSet/namespace/name" (resourceName.ts), where it is known. */
  readonly resource?: string;
  /** Path in the resource: "spec.ports[0].port". */
  readonly field?: string;
  /** What is wrong, naming the value, and what was expected. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
}

/** `spec.ports[0].port`, `metadata.labels["a.b/c"]`. */
export function formatPath(path: Path): string {
  const step = (name: string | number) => (typeof name === "string" && /^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`);
  return path.map(step).join("").replace(/^\./, "");
}

/** `Problem` as one line: `file:line:column: error field-value HostEndpoint/x spec.node: message; hint`. */
export function formatProblem(problem: Problem): string {
  const { place } = problem;
  const at = [place.source, place.line, place.column].filter((part) => part !== undefined).join(":");
  const subject = [problem.resource, problem.field].filter((part) => part !== undefined).join(" ");
  const hint = problem.hint === undefined ? "" : `; ${problem.hint}`;
  return `${at}: ${problem.severity} ${problem.code}${subject === "" ? "" : ` ${subject}`}: ${problem.message}${hint}`;
}
