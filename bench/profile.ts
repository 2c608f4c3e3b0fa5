// Where the time of what is measured goes: the sampling profiler of V8, on only while something is measured, summed up by function.

import { Session } from "node:inspector/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const samplingMicroseconds = 100;

export class Profile {
  readonly #session = new Session();
  /** Microseconds by "function file:line", for each kind of what was measured. */
  readonly #selfTimes = new Map<string, Map<string, number>>();

  constructor() {
    this.#session.connect();
  }

  async start(): Promise<void> {
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.setSamplingInterval", { interval: samplingMicroseconds });
    await this.#session.post("Profiler.start");
  }

  async stop(kind: string): Promise<void> {
    const { profile } = await this.#session.post("Profiler.stop");
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
    const times = this.#selfTimes.get(kind) ?? new Map<string, number>();
    this.#selfTimes.set(kind, times);
    for (const [i, sample] of (profile.samples ?? []).entries()) {
      const name = names.get(sample) ?? "(unknown)";
      times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas?.[i] ?? 0));
    }
  }

  /** The functions with most time of their own, the calls of others left out. */
  summary(count: number): string {
    return [...this.#selfTimes].map(([kind, times]) => summaryOf(kind, times, count)).join("\n");
  }
}

function summaryOf(kind: string, times: ReadonlyMap<string, number>, count: number): string {
  const rows = [...times].filter(([name]) => !/^\((idle|program)\)|node:inspector/.test(name)).sort((a, b) => b[1] - a[1]);
  const total = rows.reduce((sum, [, time]) => sum + time, 0);
  const line = ([name, time]: readonly [string, number]): string =>
    `${((100 * time) / total).toFixed(1).padStart(5)} %  ${(time / 1000).toFixed(1).padStart(8)} ms  ${name}`;
  return `self time in ${kind}, ${(total / 1000).toFixed(0)} ms in all\n${rows.slice(0, count).map(line).join("\n")}\n`;
}

function describe({ functionName, url, lineNumber }: { functionName: string; url: string; lineNumber: number }): string {
  const file = url.startsWith("file:") ? relative(process.cwd(), fileURLToPath(url)) : url;
  return `${functionName || "(anonymous)"} ${file}${file === "" ? "" : `:${lineNumber + 1}`}`;
}
