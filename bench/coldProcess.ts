// A start of the agent in a process that has done nothing yet: `node bench/coldProcess.ts FOLDER ENDPOINTS FILE` reads the manifests of the folder,
// loads them into this namespace, and does that again twice, into an empty table each time. Prints its times; the ruleset goes to the file.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { splitChunks } from "../agent/sources/chunks.ts";
import { readDirectory } from "../agent/sources/directory.ts";
import type { SourceState } from "../agent/sources/source.ts";
import { readThoroughly, readYaml } from "../agent/sources/yaml.ts";
import { printRuleset } from "../rules/ruleset/print.ts";
import { AgentUnderTest, clearTable, profile, sendAlone, stagesOf } from "./agentUnderTest.ts";
import { interfaces } from "./workload.ts";

/** Milliseconds. */
export interface ColdStart {
  readonly ack: number;
  readonly send: number;
  /** The same bytes once more, into an empty namespace, with nobody subscribed to notifications. */
  readonly alone: number;
  readonly blocked: number;
}

export interface ColdProcess {
  /** The first is cold. */
  readonly starts: readonly ColdStart[];
  /** Files, YAML, decoding, before the first start. */
  readonly read: number;
  /** The YAML of the whole text, by itself, after everything else: as the daemon parses it, and by the yaml package. */
  readonly yaml: number;
  readonly yamlPackage: number;
}

const starts = 3;

async function start(source: SourceState, endpoints: number, rendered: string): Promise<ColdStart> {
  const agent = new AgentUnderTest();
  const pass = await agent.pass({ source, interfaces: interfaces(endpoints) });
  process.stderr.write(`  ${stagesOf([pass])}\n`);
  const { ack, send, blocked, batches } = pass;
  writeFileSync(rendered, printRuleset(agent.ruleset()));
  await agent.close();
  await clearTable();
  const alone = await sendAlone(batches);
  await clearTable();
  return { ack, send, alone, blocked };
}

function timed(use: () => unknown): number {
  const began = performance.now();
  use();
  return performance.now() - began;
}

const [folder = "", endpoints = "", rendered = ""] = process.argv.slice(2);
const began = performance.now();
const source = await readDirectory(folder);
const read = performance.now() - began;
const measured: ColdStart[] = [];
for (let i = 0; i < starts; i++) measured.push(await start(source, Number(endpoints), rendered));
const text = readFileSync(join(folder, "host.yaml"), "utf8");
const yaml = timed(() => readYaml(text, "host.yaml"));
const yamlPackage = timed(() => {
  for (const part of splitChunks(text)) readThoroughly({ text: part, line: 1 }, "host.yaml");
});
process.stdout.write(JSON.stringify({ starts: measured, read, yaml, yamlPackage } satisfies ColdProcess));
if (profile !== undefined) process.stderr.write(profile.summary(30));
