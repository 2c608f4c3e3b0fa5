// One scenario in a namespace of its own: `node bench/child.ts SCENARIO RUNS FILE` writes its figures to the file. Started by main.ts.

import "../test/lab/enter.ts";
import { writeFileSync } from "node:fs";
import { profile } from "./agentUnderTest.ts";
import type { Scenario } from "./scenario.ts";

const [name = "", runs = "", file = ""] = process.argv.slice(2);
const { scenario } = (await import(`./scenarios/${name}.ts`)) as { readonly scenario: Scenario };
const figures = await scenario.run({ runs: Number(runs), note: (text) => process.stderr.write(`  ${text}\n`) });
writeFileSync(file, JSON.stringify(figures));
if (profile !== undefined) process.stderr.write(profile.summary(30));
process.exit(0);
