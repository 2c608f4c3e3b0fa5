// Defaults, settings file, environment and flags become one set of settings, or all problems at once; a later source wins over an
// earlier one in this order. A bad value is a problem even where a later source would have hidden it.

import { nearest } from "../../rules/model/nearest.ts";
import type { Place, Problem } from "../../rules/model/problem.ts";
import { type Entry, readSettingsFile } from "./file.ts";
import { environmentName, type Setting, type SettingName, type Settings, settingNames, settingsTable } from "./table.ts";

export interface SettingsInput {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By setting name; undefined where the flag was not given. */
  readonly flags: Partial<Record<SettingName, string | undefined>>;
}

export interface LoadedSettings {
  /** Undefined when a problem is an error. */
  readonly settings: Settings | undefined;
  readonly problems: readonly Problem[];
}

export function loadSettings({ environment, flags }: SettingsInput): LoadedSettings {
  const given = [...fromEnvironment(environment), ...fromFlags(flags)];
  const configFile = given.findLast((entry) => entry.key === "config" && !isUnset(entry))?.value;
  const file = typeof configFile === "string" ? readSettingsFile(configFile) : { entries: [], problems: [], isFelix: false };
  const problems = [...file.problems, ...(file.isFelix ? [] : unknownKeys(file.entries)), ...unknownVariables(environment)];

  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    const setting: Setting<unknown> = settingsTable[name];
    const fallback: Entry = { key: name, value: setting.fallback(), place: { source: "default" } };
    for (const entry of [fallback, ...file.entries, ...given]) {
      if (entry.key !== name || isUnset(entry)) continue;
      const parsed = setting.type.parse(entry.value);
      if ("problem" in parsed) problems.push(valueProblem(entry, setting, parsed.problem));
      else values[name] = parsed.value;
    }
  }
  return { settings: problems.some(({ severity }) => severity === "error") ? undefined : (values as unknown as Settings), problems };
}

/** As for Felix, empty text or a key without value is the same as no entry. */
function isUnset({ value, place }: Entry): boolean {
  return place.source !== "default" && (value === "" || value === null || value === undefined);
}

function fromEnvironment(environment: SettingsInput["environment"]): Entry[] {
  return settingNames.map((name) => ({ key: name, value: environment[environmentName(name)], place: { source: `environment ${environmentName(name)}` } }));
}

function fromFlags(flags: SettingsInput["flags"]): Entry[] {
  return settingNames.map((name) => ({ key: name, value: flags[name], place: { source: `flag ${(settingsTable[name] as Setting<unknown>).flag}` } }));
}

function valueProblem(entry: Entry, setting: Setting<unknown>, problem: string): Problem {
  const message = `${shown(entry.value)} ${problem}; accepted is ${setting.type.accepts}`;
  return { code: "setting-value", severity: "error", place: entry.place, field: entry.key, message };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}

function unknownKeys(entries: readonly Entry[]): Problem[] {
  const names = settingNames.filter((name) => (settingsTable[name] as Setting<unknown>).inFile !== false);
  const isKnown = (key: string) => names.some((name) => name === key);
  return entries.filter(({ key }) => !isKnown(key)).map(({ key, place }) => unknownProblem({ severity: "error", place, field: key }, key, names));
}

/** Variables that are no settings: native/addon.ts reads the first, test/lab marks its namespaces with the second. */
const otherVariables: readonly string[] = ["HOSTWARD_NATIVE", "HOSTWARD_LAB"];

function unknownVariables(environment: SettingsInput["environment"]): Problem[] {
  const names = settingNames.map(environmentName);
  const unknown = Object.keys(environment).filter((name) => name.startsWith("HOSTWARD_") && ![...names, ...otherVariables].includes(name));
  return unknown.sort().map((name) => unknownProblem({ severity: "warning", place: { source: "environment" }, field: name }, name, names));
}

function unknownProblem(about: { severity: Problem["severity"]; place: Place; field: string }, given: string, names: readonly string[]): Problem {
  const meant = nearest(given, names);
  const hint = meant === undefined ? "docs/settings.md lists all settings" : `did you mean ${meant}?`;
  return { code: "setting-unknown", ...about, message: "is not a setting", hint };
}
