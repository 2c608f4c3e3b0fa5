// `hostward check`: reads settings and manifests, and tells every problem at once.

import { Command } from "@commander-js/extra-typings";
import { settingsTable } from "../settings/table.ts";
import { exitCodes } from "./exit.ts";
import { type Flags, flagHelp, hasErrors, manifestsOrExit, readSettings } from "./input.ts";
import { complain, complainOf, countProblems, plural, print } from "./terminal.ts";

export function checkCommand() {
  return new Command("check")
    .summary("tell every problem in manifests and settings at once")
    .description("Reads manifests and settings as the daemon would, and tells every problem with file, line and field. Warnings alone do not fail.")
    .option("--manifests <dir>", flagHelp("manifests"))
    .option("--config <file>", flagHelp("config"))
    .addHelpText("after", help)
    .action(async (flags) => {
      process.exitCode = await check(flags);
    });
}

const help = `
Examples:
  hostward check --manifests ./manifests
  hostward check --manifests ./manifests --config hostward.yaml || exit 1`;

async function check(flags: Flags): Promise<number> {
  const { settings, problems: ofSettings } = readSettings(flags);
  const path = settings?.manifests ?? flags.manifests ?? settingsTable.manifests.fallback();
  const { resources, problems: ofManifests, ignored = [] } = await manifestsOrExit(path);
  const problems = [...ofSettings, ...ofManifests];
  for (const { place, reason } of ignored) complain(`${[place.source, place.line].join(":")}: ignored: ${reason}`);
  complainOf(problems);
  const summary = `${plural(resources.length, "valid resource")}, ${countProblems(problems)}`;
  if (!hasErrors(problems)) {
    print(summary);
    return exitCodes.ok;
  }
  complain(summary);
  return settings === undefined ? exitCodes.usage : exitCodes.problems;
}
