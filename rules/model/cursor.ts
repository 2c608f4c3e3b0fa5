// Where a decoder is in the input, and the problems it has found so far. Places are looked up for problems, resources and rules only.

import type { Locate, Path, Place, Problem, Spot } from "./problem.ts";
import { formatPath } from "./problem.ts";
import type { ProblemCode } from "./problemCodes.ts";

/** What a decoder gives when the value is not good; the problems say why. */
export const invalid: unique symbol = Symbol("invalid");
export type Invalid = typeof invalid;

export interface Issue {
  readonly code: ProblemCode;
  /** "error" unless told. */
  readonly severity?: Problem["severity"];
  /** From where the cursor is. */
  readonly path?: Path;
  readonly spot?: Spot;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A generated file can be wrong in every line: the rest is counted. */
const mostProblems = 100;

export class Cursor {
  readonly #locate: Locate;
  readonly #resource: string;
  readonly #path: (string | number)[] = [];
  readonly #problems: Problem[] = [];
  #errors = 0;
  #unshown = 0;

  /** `resource` is "HostEndpoint/some.name", as far as it could be read beforehand. */
  constructor(locate: Locate, resource: string) {
    this.#locate = locate;
    this.#resource = resource;
  }

  /** How many errors so far, warnings not counted: a decoder compares before and after. */
  get errors(): number {
    return this.#errors;
  }

  enter(step: string | number): void {
    this.#path.push(step);
  }

  leave(): void {
    this.#path.pop();
  }

  place(): Place {
    return this.#locate(this.#path);
  }

  report(issue: Issue): void {
    const severity = issue.severity ?? "error";
    if (severity === "error") this.#errors++;
    if (this.#problems.length === mostProblems) {
      this.#unshown++;
      return;
    }
    this.#problems.push(this.#problem(issue, severity));
  }

  fail(issue: Issue): Invalid {
    this.report(issue);
    return invalid;
  }

  /** All that was reported, in order. */
  problems(): readonly Problem[] {
    if (this.#unshown === 0) return this.#problems;
    const message = `${this.#unshown} more problems are not shown`;
    return [...this.#problems, { code: "too-many-problems", severity: "error", place: this.#locate([]), resource: this.#resource, message }];
  }

  #problem({ code, path = [], spot, message, hint }: Issue, severity: Problem["severity"]): Problem {
    const full = [...this.#path, ...path];
    return {
      code,
      severity,
      place: this.#locate(full, spot),
      ...(this.#resource === "" ? {} : { resource: this.#resource }),
      ...(full.length === 0 ? {} : { field: formatPath(full) }),
      message,
      ...(hint === undefined ? {} : { hint }),
    };
  }
}
