// The oracle: what the installed nft makes of our printed text. And both listings, ours and nft's, as data, so that what cannot agree
// (userdata, the order of hash elements) is left out of a comparison. To be imported after lab/enter.ts.

import { spawnSync } from "node:child_process";

/** The version whose listing ours is written after: older and newer ones word some expressions differently. */
const VERSION = "1.0.6";

/** Why the oracle cannot be asked here; undefined where it can. */
export function oracleMissing(): string | undefined {
  const found = nft(["--version"], "").stdout.trim();
  return found.includes(`v${VERSION} `) ? undefined : `needs nft ${VERSION}, here is ${found}`;
}

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function nft(flags: readonly string[], input: string): Answer {
  const { status, stdout, stderr, error } = spawnSync("nft", [...flags], { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (error !== undefined) throw error;
  return { status: status ?? 1, stdout, stderr };
}

/** Compiles without committing and lists; throws with nft's own message when it refuses the text. */
export function nftListing(text: string): Listing {
  const { status, stdout, stderr } = nft(["--debug=netlink", "--check", "--file", "-"], text);
  if (status !== 0) throw new Error(`${stderr}\n${text}`);
  return parseListing(stdout);
}

export interface Listing {
  /** Chain and expressions of each rule, in order. */
  readonly rules: readonly string[];
  /** `NAME TABLE FLAGS [size N]` to its elements, sorted. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
}

export function parseListing(text: string): Listing {
  const rules: string[] = [];
  const sets = new Map<string, string[]>();
  let heading = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("inet ") && !line.includes("(null)")) rules.push(line);
    else if (line.startsWith("  [ ")) rules.push(`${rules.pop()}\n${line}`);
    else if (line.includes("element ")) sets.set(heading, elementsOf(line));
    else if (/^\S+ \S+ [0-9a-f]+( size \d+)?$/.test(line) && !line.startsWith(heading.split(" ").slice(0, 2).join(" ") || "\n")) {
      heading = line;
      sets.set(heading, []);
    }
  }
  return { rules, sets };
}

function elementsOf(line: string): string[] {
  return [...line.matchAll(/element (.*?) \[end\]/g)].map(([, element]) => element as string).sort();
}
