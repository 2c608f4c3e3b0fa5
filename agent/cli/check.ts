// `hostward check`: reads settings and manifests, and tells every problem at once: what is wrong in one resource, and what is suspicious
// about them together.

import { hostname } from "node:os";
import { Command } from "@commander-js/extra-typings";
import { lint } from "../../rules/lint/lint.ts";
import type { Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import { resolve } from "../../rules/resolve/resolve.ts";
import { policySettings } from "../settings/policy.ts";
import { type Settings, settingsTable } from "../settings/table.ts";
import { sshAccess, usualSsh } from "../sshAccess.ts";
import { exitCodes } from "./exit.ts";
import { type Flags, flagHelp, hasErrors, manifestsOrExit, readSettings } from "./input.ts";
import { readInterfacesFile } from "./interfacesFile.ts";
import { complain, complainOf, countProblems, plural, print } from "./terminal.ts";

interface Options {
  readonly interfaces?: string | undefined;
  readonly strict?: boolean | undefined;
}

export function checkCommand() {
  return new Command("check")
    .summary("tell every problem in manifests and settings at once")
    .description("Reads manifests and settings as the daemon would, and tells every problem with file, line and field. Warnings alone do not fail.")
    .option("--manifests <dir>", flagHelp("manifests"))
    .option("--config <file>", flagHelp("config"))
    .option("--node <name>", "look at this node's HostEndpoints only (default: at those of every node)")
    .option("--interfaces <file>", "with --node: what interfaces it has, a YAML list of {name, addresses, up} (default: only what holds on any host is told)")
    .option("--strict", "fail for warnings too")
    .addHelpText("after", help)
    .action(async ({ interfaces, strict, ...flags }) => {
      process.exitCode = await check(flags, { interfaces, strict });
    });
}

const help = `
Errors are mistakes in one resource: it is not enforced. Warnings are about resources that are valid and together hardly mean
what they say: an unknown tier, a rule that is never reached, a selector that selects nothing. docs/lint.md explains each.

Examples:
  hostward check --manifests ./manifests
  hostward check --manifests ./manifests --strict || exit 1
  hostward check --manifests ./manifests --node web-1 --interfaces web-1.yaml --config hostward.yaml`;

async function check(flags: Flags, { interfaces, strict = false }: Options): Promise<number> {
  const { settings, problems: ofSettings } = readSettings(flags);
  const path = settings?.manifests ?? flags.manifests ?? settingsTable.manifests.fallback();
  const { resources, problems: ofManifests, ignored = [] } = await manifestsOrExit(path);
  const suspicious = settings === undefined ? [] : suspicions(resources, settings, { node: flags.node, interfaces });
  const problems = [...ofSettings, ...ofManifests, ...suspicious];
  for (const { place, reason } of ignored) complain(`${[place.source, place.line].join(":")}: ignored: ${reason}`);
  complainOf(problems);
  const summary = `${plural(resources.length, "valid resource")}, ${countProblems(problems)}`;
  if (!hasErrors(problems) && !(strict && problems.length > 0)) {
    print(summary);
    return exitCodes.ok;
  }
  complain(summary);
  return settings === undefined ? exitCodes.usage : exitCodes.problems;
}

interface Where {
  readonly node: string | undefined;
  readonly interfaces: string | undefined;
}

/** Of one node where it is named, otherwise of all: manifests are checked where they are written. */
function suspicions(resources: readonly Resource[], settings: Settings, { node, interfaces: file }: Where): readonly Problem[] {
  const policy = policySettings(settings);
  const interfaces = file === undefined ? undefined : readInterfacesFile(file);
  const resolved = interfaces === undefined || node === undefined ? undefined : resolve({ node, resources, interfaces, settings: policy });
  const ssh = node === hostname().toLowerCase() ? sshAccess(process.env) : usualSsh;
  return lint({ node, resources, settings: policy, resolved, ssh });
}
