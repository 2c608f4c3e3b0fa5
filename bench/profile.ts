// Where the time of what is measured goes: the sampling profiler of V8, on only while something is measured, summed up by function.

import { Session } from "node:inspector/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const samplingMicroseconds = 100;

export class Profile {
  readonly #session = new Session();
  /** Microseconds by "function file:line". */
  readonly #selfTimes = new Map<string, number>();

  constructor() {
    this.#session.connect();
  }

  async start(): Promise<void> {
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.setSamplingInterval", { interval: samplingMicroseconds });
    await this.#session.post("Profiler.start");
  }

  async stop(): Promise<void> {
    const { profile } = await this.#session.post("Profiler.stop");
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
    for (const [i, sample] of (profile.samples ?? []).entries()) {
      const name = names.get(sample) ?? "(unknown)";
      this.#selfTimes.set(name, (this.#selfTimes.get(name) ?? 0) + (profile.timeDeltas?.[i] ?? 0));
    }
  }

  /** The functions with most time of their own, the calls of others left out. */
  summary(count: number): string {
    const rows = [...this.#selfTimes].filter(([name]) => !name.startsWith("(idle)") && !name.startsWith("(program)")).sort((a, b) => b[1] - a[1]);
    const total = rows.reduce((sum, [, time]) => sum + time, 0);
    const lines = rows
      .slice(0, count)
      .map(([name, time]) => `${((100 * time) / total).toFixed(1).padStart(5)} %  ${(time / 1000).toFixed(1).padStart(8)} ms  ${name}`);
    return `self time while measuring, ${(total / 1000).toFixed(0)} ms in all\n${lines.join("\n")}\n`;
  }
}

function describe({ functionName, url, lineNumber }: { functionName: string; url: string; lineNumber: number }): string {
  const file = url.startsWith("file:") ? relative(process.cwd(), fileURLToPath(url)) : url;
  return `${functionName || "(anonymous)"} ${file}${file === "" ? "" : `:${lineNumber + 1}`}`;
}
