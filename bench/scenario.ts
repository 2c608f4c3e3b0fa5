// What a benchmark scenario is, and what it gives back: figures, each with a value of every run, and the goal that it is held against.

/** One file in scenarios/; its name is the file's. */
export interface Scenario {
  readonly title: string;
  /** For the results page: what is done, on what, and what the goals are measured against. */
  readonly about: string;
  /** Runs alone in a network namespace of its own, as root of it. */
  run(context: Context): Promise<readonly Figure[]>;
}

/** What a scenario says of itself and what it measured. It is asked in a process of its own: some move into a namespace as they are imported. */
export interface Measured extends Pick<Scenario, "title" | "about"> {
  readonly figures: readonly Figure[];
}

export interface Context {
  /** How often each thing is measured, after a warm-up that is not counted. */
  readonly runs: number;
  /** Tells whoever waits. */
  note(text: string): void;
}

export interface Figure {
  readonly what: string;
  /** "x" is a ratio within one run; "" a number without unit. */
  readonly unit: "ms" | "µs" | "ns" | "s" | "x" | "MB" | "MB/s" | "Gbit/s" | "/s" | "%" | "";
  /** One a run, unless the figure is a percentile of them. */
  readonly values: readonly number[];
  /** What of the values is told; the median when absent. */
  readonly of?: "p99";
  readonly goal?: Goal;
}

export type Goal = { readonly most: number } | { readonly least: number };
