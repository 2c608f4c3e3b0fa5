// Which kernel runs, for what a test can expect of it only from a version on.

import { release } from "node:os";

/** @param version "6.9" */
export function runsBefore(version: string): boolean {
  return release().localeCompare(version, "en", { numeric: true }) < 0;
}
