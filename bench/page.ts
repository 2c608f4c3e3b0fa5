// Results as text: docs/performance.md, and a line for whoever waits at a terminal.

import { isDeepStrictEqual } from "node:util";
import type { Machine } from "./machine.ts";
import type { Result } from "./results.ts";
import type { Figure, Goal } from "./scenario.ts";
import { isMet, told } from "./statistics.ts";

const head = `# Performance

Written by \`npm run bench\`; a change by hand is lost. \`npm run bench -- SCENARIO --runs N\` measures one scenario anew.

Absolute times drift by a third on a shared machine. What counts are the ratios: both of their times are of the same run, a few seconds apart at most.
Every figure is the median of its runs unless it says p99, with the smallest and the largest beside it. "Send" is the time inside the kernel's sendmsg: it checks and
commits the ruleset there, and no program that asks the same of it can be faster. "Event loop blocked" has a floor of about 1.1 ms, which is the meter's own.
How much slower the processor was than at its best is told by a loop of arithmetic before and after the scenario: its median and its slowest tenth against its
fastest tenth. "Taken away" is the share of the time for which processors were asked during the scenario that went to other virtual machines ("steal" of proc_stat(5)).
`;

export function page(results: readonly Result[]): string {
  const goals = results.flatMap(({ scenario, figures }) => figures.filter(hasGoal).map((figure) => ({ figure, name: scenario })));
  const rows = goals.map(
    ({ figure, name }) => `| ${figure.what} | ${tell(figure)} | ${goalText(figure.goal)} | ${metText(figure)} | \`npm run bench -- ${name}\` |`,
  );
  return [
    head,
    ...machineText(results),
    "## Goals\n",
    "| what | measured | goal | | command |\n|---|---|---|---|---|",
    `${rows.join("\n")}\n`,
    ...results.map(sectionText),
  ].join("\n");
}

function sectionText(result: Result): string {
  const rows = result.figures.map((figure) => {
    const [low, high] = [Math.min(...figure.values), Math.max(...figure.values)];
    const spread = figure.values.length === 1 ? "" : `${amount(low)} to ${amount(high)}`;
    return `| ${figure.what} | ${tell(figure)} | ${spread} | ${figure.values.length} | ${figure.goal === undefined ? "" : `${goalText(figure.goal)}: ${metText(figure)}`} |`;
  });
  return `## ${result.title}

${result.about}

\`npm run bench -- ${result.scenario} --runs ${result.runs}\`, ${result.date}, ${Math.round(result.seconds)} s${conditions(result)}.

| what | | spread | values | goal |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

function conditions({ load, processor }: Result): string {
  const busy = load === undefined ? "" : `, load average before ${load.toFixed(1)}`;
  if (processor === undefined) return busy;
  const taken = processor.stolen === undefined ? "" : `, ${(100 * processor.stolen).toFixed(1)} % of its time taken away`;
  return `${busy}, processor ${processor.usual.toFixed(2)} x and ${processor.slow.toFixed(2)} x slower than at its best${taken}`;
}

/** For the terminal. */
export function figureLine(figure: Figure): string {
  const { what, values, goal } = figure;
  const spread = `${amount(Math.min(...values))} to ${amount(Math.max(...values))}, ${values.length}`;
  const verdict = goal === undefined ? "" : `  ${isMet(told(figure), goal) ? "✔" : "✖"} ${goalText(goal)}`;
  return `  ${what.padEnd(90)} ${tell(figure).padStart(12)}  (${spread})${verdict}`;
}

function hasGoal(figure: Figure): figure is Figure & { readonly goal: Goal } {
  return figure.goal !== undefined;
}

/** Once where all were measured on the same, else each after the scenarios it is of. */
function machineText(results: readonly Result[]): string[] {
  const groups: { readonly machine: Machine; readonly names: string[] }[] = [];
  for (const { machine, scenario } of results) {
    const group = groups.find((known) => isDeepStrictEqual(known.machine, machine));
    if (group === undefined) groups.push({ machine, names: [scenario] });
    else group.names.push(scenario);
  }
  return groups.map(({ machine: { processor, cores, memoryGB, kernel, node, ...programs }, names }) => {
    const versions = Object.entries(programs).map(([program, version]) => `${program} ${version.replace(new RegExp(`^${program} `), "")}`);
    const of = groups.length === 1 ? "" : ` (${names.join(", ")})`;
    return `Measured on${of}: ${processor}, ${cores} cores, ${memoryGB} GB; Linux ${kernel}; Node ${node}; ${versions.join("; ")}.\n`;
  });
}

function tell(figure: Figure): string {
  const space = figure.unit === "" ? "" : " ";
  return `${figure.of === undefined ? "" : `${figure.of} `}${amount(told(figure))}${space}${figure.unit}`;
}

function goalText(goal: Goal): string {
  return "most" in goal ? `at most ${goal.most}` : `at least ${goal.least}`;
}

function metText(figure: Figure & { readonly goal?: Goal }): string {
  return figure.goal !== undefined && isMet(told(figure), figure.goal) ? "met" : "**missed**";
}

/** Three digits that count. */
function amount(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(3, digits));
}
