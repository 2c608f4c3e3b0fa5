// Who is left of a family of processes that carry a mark in their environment: what a test asks that ends the family and wants nothing to stay.

import { readdirSync, readFileSync } from "node:fs";

/** Their ids. @param mark a variable and its value, "NAME=value" */
export function processesWith(mark: string): readonly string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
    } catch {
      // ended meanwhile, or not ours
      return false;
    }
  });
}
