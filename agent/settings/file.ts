// Reads the settings file (YAML, one mapping) into values that know their line, or into problems. Which keys exist is not known here.
// A FelixConfiguration is such a file too: its spec has the same names, among others that are Felix's own.

import { readFileSync } from "node:fs";
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from "yaml";
import type { Place, Problem } from "../../rules/model/problem.ts";

export interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly place: Place;
}

export interface SettingsFile {
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
  /** A key that hostward does not know is then Felix's, and no mistake. */
  readonly isFelix: boolean;
}

export function readSettingsFile(path: string): SettingsFile {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return failed({ code: "settings-file", severity: "error", place: { source: path }, message });
  }
  return parseSettings(text, path);
}

export function parseSettings(text: string, source: string): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { source, line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      (error): Problem => ({ code: "yaml-syntax", severity: "error", place: placeAt(error.pos[0]), message: error.message }),
    );
    return { entries: [], problems, isFelix: false };
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { entries: [], problems: [], isFelix: false };
  if (!isMap(contents)) {
    const message = "is not a mapping of settings";
    return failed({ code: "settings-file", severity: "error", place: placeAt(contents.range?.[0] ?? 0), message, hint: "write one `name: value` a line" });
  }
  const kind: unknown = contents.get("kind");
  const isFelix = kind === "FelixConfiguration";
  const entries = (isFelix ? specItems(contents) : contents.items).map(({ key, value }): Entry => {
    const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    return { key: String(isScalar(key) ? key.value : key), value: nodeValue(value), place: placeAt(offset) };
  });
  return { entries, problems: [], isFelix };

  function nodeValue(node: unknown): unknown {
    return node === null || node === undefined ? null : (node as { toJS(document: unknown): unknown }).toJS(document);
  }
}

function specItems(document: YAMLMap): YAMLMap["items"] {
  const spec = document.get("spec", true);
  return isMap(spec) ? spec.items : [];
}

function failed(problem: Problem): SettingsFile {
  return { entries: [], problems: [problem], isFelix: false };
}
