// Opens the sources with TypeScript's own parser and checker, as tsconfig.json sees them. The API is marked unstable: the version is pinned,
// this file and checks that ask for types are the only ones that use it, and the tests of the lint notice when it changes.

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { API, type Checker } from "typescript/unstable/sync";

export interface Unit {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: SourceFile;
  readonly checker: Checker;
}

export interface OpenProject {
  readonly units: readonly Unit[];
  close(): void;
}

export function openProject(root: string): OpenProject {
  const api = new API({ cwd: root });
  const [project] = api.updateSnapshot({ openProjects: [join(root, "tsconfig.json")] }).getProjects();
  if (project === undefined) throw new Error(`no TypeScript project in ${root}`);
  const { program, checker } = project;
  const names = program.getSourceFileNames().filter((name) => name.startsWith(`${root}/`) && !name.includes("/node_modules/") && /\.m?[jt]s$/.test(name));
  const units = names.flatMap((name): Unit[] => {
    const tree = program.getSourceFile(name);
    return tree === undefined ? [] : [{ path: relative(root, name), text: readFileSync(name, "utf8"), tree, checker }];
  });
  return { units: units.toSorted((a, b) => (a.path < b.path ? -1 : 1)), close: () => api.close() };
}

/** Every node of a tree, parents first. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* nodesOf(child);
}
