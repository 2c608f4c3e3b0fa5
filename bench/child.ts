// One scenario in a namespace of its own: `node bench/child.ts SCENARIO RUNS FILE` writes what it measured to the file. Started by main.ts.

import "../test/lab/enter.ts";
import { writeFileSync } from "node:fs";
import { profile } from "./agentUnderTest.ts";
import type { Measured, Scenario } from "./scenario.ts";

const [name = "", runs = "", file = ""] = process.argv.slice(2);
const { scenario } = (await import(`./scenarios/${name}.ts`)) as { readonly scenario: Scenario };
const figures = await scenario.run({ runs: Number(runs), note: (text) => process.stderr.write(`  ${text}\n`) });
const { title, about } = scenario;
writeFileSync(file, JSON.stringify({ title, about, figures } satisfies Measured));
if (profile !== undefined) process.stderr.write(profile.summary(30));
process.exit(0);
