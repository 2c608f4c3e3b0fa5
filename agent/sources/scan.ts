// One look at a manifest directory: which files it has and what is in them. A file whose stat is as in the previous look is not read again.
// What the content means is not known here, nor when to look.

import { constants, type Stats } from "node:fs";
import { lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface ScannedFile {
  readonly path: string;
  readonly content: { readonly kind: "text"; readonly text: string } | Unreadable;
  /** Equal fingerprints mean equal content; undefined when the next look has to read the file in any case. */
  readonly fingerprint: string | undefined;
}

export interface Unreadable {
  readonly kind: "unreadable";
  readonly reason: string;
}

export interface Listed {
  readonly kind: "listed";
  readonly files: readonly ScannedFile[];
  /** The files that are as in `previous`, by path. */
  readonly same: readonly string[];
  readonly subdirectories: readonly string[];
}

export type Scan = Listed | Unreadable;

/** Far more than any manifest has; protects from a link to something endless. */
const largestFile = 64 * 1024 * 1024;

/** A file younger than this may change again without a change of its times, as timestamps are only as fine as the kernel's tick. */
const settledAfterMilliseconds = 1000;

/** @param previous fingerprints of the last look, by path */
export async function scanDirectory(directory: string, previous: ReadonlyMap<string, string | undefined>): Promise<Scan> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    return { kind: "unreadable", reason: reasonOf(error) };
  }
  const files: ScannedFile[] = [];
  const same: string[] = [];
  const subdirectories: string[] = [];
  for (const name of names) {
    const path = join(directory, name);
    if (!/\.(ya?ml|json)$/.test(name)) {
      if (await isDirectory(path)) subdirectories.push(path);
      continue;
    }
    const file = await scanFile(path, previous.get(path));
    if (file === "same") same.push(path);
    else if (file !== "gone") files.push(file);
  }
  return { kind: "listed", files, same, subdirectories };
}

async function scanFile(path: string, previous: string | undefined): Promise<ScannedFile | "same" | "gone"> {
  try {
    const status = await stat(path, { bigint: true });
    if (!status.isFile()) return unreadable(path, status.isDirectory() ? "is a directory" : "is not a regular file");
    if (status.size > largestFile) return unreadable(path, `is larger than ${largestFile} bytes`);
    const fingerprint = [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(":");
    if (fingerprint === previous) return "same";
    const isSettled = Date.now() - Number(status.ctimeMs) > settledAfterMilliseconds;
    return { path, content: { kind: "text", text: await readText(path) }, fingerprint: isSettled ? fingerprint : undefined };
  } catch (error) {
    return (await isGone(path)) ? "gone" : unreadable(path, reasonOf(error));
  }
}

/** Non-blocking, as the path may have become a pipe since it was looked at. @throws also what `check` throws, before anything is read */
export async function readText(path: string, check?: (status: Stats) => void): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (check !== undefined) check(await file.stat());
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.readFile());
  } finally {
    await file.close();
  }
}

/** A link that leads nowhere is not gone. */
export async function isGone(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function unreadable(path: string, reason: string): ScannedFile {
  return { path, content: { kind: "unreadable", reason }, fingerprint: undefined };
}

export function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return "is not UTF-8 text";
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
