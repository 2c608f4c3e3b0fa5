// What several commands start from: the settings that flags, environment and file give, and the resources of a manifest directory.
// Settings that are wrong and a directory that cannot be read end the command.

import type { Problem } from "../../rules/model/problem.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import { type LoadedSettings, loadSettings } from "../settings/load.ts";
import { type Setting, type SettingName, type Settings, settingsTable } from "../settings/table.ts";
import { readDirectory } from "../sources/directory.ts";
import type { SourceState } from "../sources/source.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { readInterfacesFile } from "./interfacesFile.ts";
import { complainOf, countProblems } from "./terminal.ts";

export type Flags = Partial<Record<SettingName, string | undefined>>;

/** For `--help`: the explanation and default of the setting that a flag is for. */
export function flagHelp(name: SettingName): string {
  const { doc, fallbackShown, fallback }: Setting<unknown> = settingsTable[name];
  return `${doc.replaceAll("`", "'").replace(/\.$/, "")} (default: ${fallbackShown ?? fallback()})`;
}

export function readSettings(flags: Flags): LoadedSettings {
  return loadSettings({ environment: process.env, flags });
}

/** @throws CommandError after all problems were told */
export function settingsOrExit(flags: Flags): Settings {
  const { settings, problems } = readSettings(flags);
  complainOf(problems);
  if (settings === undefined)
    throw new CommandError(`the settings have ${countProblems(problems)}; docs/settings.md explains them all`, { exitCode: exitCodes.usage });
  return settings;
}

/** @throws CommandError when the directory cannot be read; problems in its files are returned */
export async function manifestsOrExit(path: string): Promise<SourceState> {
  const state = await readDirectory(path);
  const unreadable = state.problems.find(({ code }) => code === "directory-unreadable");
  if (unreadable !== undefined) throw new CommandError(`manifests directory ${path} ${unreadable.message}`, { exitCode: exitCodes.usage });
  return state;
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** Those of the file, or this host's own. @throws CommandError when neither can be had */
export async function interfacesOrExit(file: string | undefined): Promise<readonly Interface[]> {
  if (file !== undefined) return readInterfacesFile(file);
  try {
    return await hostInterfaces();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`this host's interfaces cannot be read (${reason}); name an interfaces file with --interfaces`, {
      exitCode: exitCodes.kernel,
      cause: error,
    });
  }
}

/** The host's own interfaces, once. Loads the addon, which not every machine that renders has. */
export async function hostInterfaces(): Promise<readonly Interface[]> {
  const { watchLinks } = await import("../sources/links.ts");
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const links = watchLinks({ onChange: () => undefined, onProblem: reject });
  try {
    await Promise.race([links.synced, failed]);
    return links.current();
  } finally {
    links.close();
  }
}
