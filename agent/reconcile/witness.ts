// What others have done to the ruleset since a pass left it, put together from the kernel's notifications: which parts of hostward's table, and who.
// Every commit raises the generation by one and ends its notifications with it, so that a missing one shows: then nothing is known (kernel
// nf_tables_api.c, nf_tables_commit). What follows from it is the reconciler's business.

import { commitsBetween, isAfter } from "../kernel/generations.ts";
import type { Kernel, KernelEvent, Touched } from "../kernel/interface.ts";

type Change = Extract<KernelEvent, { readonly kind: "generation" }>;

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

export class Witness {
  readonly #options: WitnessOptions;
  readonly #stop: () => void;
  /** In the order of generations, all later than `#base`. */
  #heard: { readonly change: Change; readonly at: number }[] = [];
  /** The generation up to which all is known. */
  #base: number | undefined;
  #isPassing = false;
  /** Notifications were lost: only a look at the whole tells. */
  #isBlind = false;
  /** They were lost after the pass that runs had begun: it may have looked before. */
  #isStillBlind = false;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#stop = options.kernel.watch(options.table, (event) => this.#hear(event));
  }

  /** What the commits after generation `since`, up to `until`, have touched. Undefined when that is not known, or not yet. */
  changes(since: number, until: number): Changes | undefined {
    const between = this.#heard.filter(({ change: { generation } }) => isAfter(generation, since) && !isAfter(generation, until));
    if (this.#isBlind || between.length !== commitsBetween(since, until)) return undefined;
    const touching = between.filter(({ change: { touched } }) => touched.kind !== "nothing");
    return {
      touched: touching.reduce((sum: Touched, { change }) => unite(sum, change.touched), nothing),
      by: [...new Set(touching.map(({ change: { processName, processId } }) => `${processName}[${processId}]`))],
      names: [...new Set(touching.map(({ change }) => change.processName))],
      heard: touching[0]?.at ?? 0,
    };
  }

  /** A pass begins. Until it ends what happens is its own to find out. */
  passBegins(): void {
    this.#isPassing = true;
    this.#isStillBlind = false;
  }

  /** A pass ended and left this generation; undefined: it failed, and what the kernel holds has to be read. */
  passEnded(generation: number | undefined): void {
    this.#isPassing = false;
    if (generation === undefined) return;
    this.#base = generation;
    this.#isBlind = this.#isStillBlind;
    this.#heard = this.#heard.filter(({ change }) => isAfter(change.generation, generation));
    this.#judge();
  }

  close(): void {
    this.#stop();
  }

  #hear(event: KernelEvent): void {
    if (event.kind === "overflow") this.#isBlind = true;
    else if (this.#base === undefined || isAfter(event.generation, this.#base)) this.#heard.push({ change: event, at: performance.now() });
    if (this.#heard.length > mostKept) {
      this.#heard = [];
      this.#isBlind = true;
    }
    this.#isStillBlind ||= this.#isBlind && this.#isPassing;
    if (!this.#isPassing) this.#judge();
  }

  /** Before the first pass there is nothing to protect. */
  #judge(): void {
    const latest = this.#heard.at(-1)?.change.generation;
    if (this.#base === undefined || (latest === undefined && !this.#isBlind)) return;
    const seen = latest === undefined ? undefined : this.changes(this.#base, latest);
    if (latest === undefined || seen === undefined || seen.touched.kind !== "nothing") this.#options.onSuspicion();
    else {
      this.#base = latest;
      this.#heard = [];
      this.#options.onHarmless(latest);
    }
  }
}

function unite(a: Touched, b: Touched): Touched {
  if (a.kind === "nothing") return b;
  if (b.kind === "nothing") return a;
  if (a.kind === "table" || b.kind === "table") return { kind: "table" };
  return { kind: "parts", chains: new Set([...a.chains, ...b.chains]), sets: new Set([...a.sets, ...b.sets]) };
}
