// What others have done to the ruleset since a pass left it, put together from the kernel's notifications: which parts of hostward's table, and who.
// Every commit raises the generation by one and ends its notifications with it, so that a missing one shows: then nothing is known (kernel
// nf_tables_api.c, nf_tables_commit). What follows from it is the reconciler's business.

import type { Kernel, KernelEvent, Touched } from "../kernel/interface.ts";

type Change = Extract<KernelEvent, { readonly kind: "generation" }>;

export interface Witness {
  /** What the commits after generation `since`, up to `until`, have touched. Undefined when that is not known, or not yet. */
  changes(since: number, until: number): Changes | undefined;
  /** A pass begins. Until it ends what happens is its own to find out. */
  passBegins(): void;
  /** A pass ended and left this generation; undefined: it failed, and what the kernel holds has to be read. */
  passEnded(generation: number | undefined): void;
  close(): void;
}

export interface Changes {
  readonly touched: Touched;
  /** "nft[1234]" of those who touched something, without repetition, and their names alone. */
  readonly by: readonly string[];
  readonly names: readonly string[];
  /** When the first of them was heard of, by performance.now(); 0 when nothing was touched. */
  readonly heard: number;
}

export interface WitnessOptions {
  readonly kernel: Kernel;
  readonly table: string;
  /** Others have changed the ruleset up to this generation, and nothing of the table. */
  onHarmless(generation: number): void;
  /** The table was touched, or may have been. */
  onSuspicion(): void;
}

const nothing: Touched = { kind: "nothing" };

/** Of changes that no pass has looked at yet; more of them mean that everything is read anyway. */
const mostKept = 4096;

export function createWitness({ kernel, table, onHarmless, onSuspicion }: WitnessOptions): Witness {
  /** In the order of generations, all later than `base`. */
  let heard: { readonly change: Change; readonly at: number }[] = [];
  let base: number | undefined;
  let isPassing = false;
  let isBlind = false;
  /** Notifications were lost after the pass that runs had begun: it may have looked before. */
  let isStillBlind = false;
  const stop = kernel.watch(table, (event) => {
    if (event.kind === "overflow") isBlind = true;
    else if (base === undefined || isAfter(event.generation, base)) heard.push({ change: event, at: performance.now() });
    if (heard.length > mostKept) {
      heard = [];
      isBlind = true;
    }
    isStillBlind ||= isBlind && isPassing;
    if (!isPassing) judge();
  });

  function changes(since: number, until: number): Changes | undefined {
    const between = heard.filter(({ change: { generation } }) => isAfter(generation, since) && !isAfter(generation, until));
    if (isBlind || between.length !== distance(since, until)) return undefined;
    const touching = between.filter(({ change: { touched } }) => touched.kind !== "nothing");
    return {
      touched: touching.reduce((sum: Touched, { change }) => unite(sum, change.touched), nothing),
      by: [...new Set(touching.map(({ change: { processName, processId } }) => `${processName}[${processId}]`))],
      names: [...new Set(touching.map(({ change }) => change.processName))],
      heard: touching[0]?.at ?? 0,
    };
  }

  /** Before the first pass there is nothing to protect. */
  function judge(): void {
    const latest = heard.at(-1)?.change.generation;
    if (base === undefined || (latest === undefined && !isBlind)) return;
    const seen = latest === undefined ? undefined : changes(base, latest);
    if (latest === undefined || seen === undefined || seen.touched.kind !== "nothing") onSuspicion();
    else {
      base = latest;
      heard = [];
      onHarmless(latest);
    }
  }

  return {
    changes,
    passBegins: () => {
      isPassing = true;
      isStillBlind = false;
    },
    passEnded(generation) {
      isPassing = false;
      if (generation === undefined) return;
      base = generation;
      isBlind = isStillBlind;
      heard = heard.filter(({ change }) => isAfter(change.generation, generation));
      judge();
    },
    close: stop,
  };
}

function unite(a: Touched, b: Touched): Touched {
  if (a.kind === "nothing") return b;
  if (b.kind === "nothing") return a;
  if (a.kind === "table" || b.kind === "table") return { kind: "table" };
  return { kind: "parts", chains: new Set([...a.chains, ...b.chains]), sets: new Set([...a.sets, ...b.sets]) };
}

/** Generations are 32-bit counters that wrap and leave out 0 (nf_tables_commit). */
function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

function distance(from: number, to: number): number {
  const steps = (to - from) >>> 0;
  return to < from ? steps - 1 : steps;
}
