// Is node_modules what package-lock.json asks for? Compares the lock with the record npm leaves in node_modules/.package-lock.json,
// package by package, because file times say nothing after a clone, a checkout or a copy.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Why node_modules must be made anew, in a few words; undefined when it is right. Optional packages of other platforms may be absent. */
export function lacking(root) {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return "no node_modules yet";
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(record, "utf8")).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    const found = present[path];
    if (path === "" || entry.link || !path.startsWith("node_modules/")) continue;
    if (found === undefined && entry.optional) continue;
    if (found === undefined) return `${path} is not installed`;
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${path} is ${found.version}, not ${entry.version}`;
    if (!existsSync(join(root, path, "package.json"))) return `${path} is gone`;
  }
  return undefined;
}
