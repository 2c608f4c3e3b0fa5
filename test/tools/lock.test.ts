import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lacking } from "../../tools/packages.mjs";

const root = join(import.meta.dirname, "../..");

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { readonly packages: Readonly<Record<string, Entry>> };
const entries = Object.entries(lock.packages);
const fromRegistry = entries.filter(([path, entry]) => path.startsWith("node_modules/") && !entry.link);

test("no package of the lock names the address it came from, so that any registry will do", () => {
  assert.deepEqual(
    entries.filter(([, entry]) => entry.resolved !== undefined && !entry.link).map(([path]) => path),
    [],
  );
});

test("every package of the lock has an integrity hash", () => {
  assert.ok(fromRegistry.length > 100);
  assert.deepEqual(
    fromRegistry.filter(([, entry]) => !entry.integrity?.startsWith("sha512-")).map(([path]) => path),
    [],
  );
});

test("the build of every platform is in the lock, not only that of the machine that wrote it", () => {
  const missing = entries.flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => {
      return lock.packages[`${path}/node_modules/${name}`] === undefined && lock.packages[`node_modules/${name}`] === undefined;
    }),
  );
  assert.deepEqual(missing, []);
});

test("no package that runs with hostward needs an install script", () => {
  const scripted = fromRegistry.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path);
  // esbuild's script only checks its binary, which an optional dependency brings.
  assert.deepEqual(scripted, ["node_modules/esbuild"]);
});

/** A project with one package locked at 1.0.0 and installed as given. */
function lackingWith(installed: Entry | undefined): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "hostward-lock-"));
  try {
    const locked: Entry = { version: "1.0.0", integrity: "sha512-a" };
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: { "": {}, "node_modules/one": locked } }));
    if (installed === undefined) return lacking(folder);
    mkdirSync(join(folder, "node_modules/one"), { recursive: true });
    cpSync(join(root, "package.json"), join(folder, "node_modules/one/package.json"));
    writeFileSync(join(folder, "node_modules/.package-lock.json"), JSON.stringify({ packages: { "node_modules/one": installed } }));
    return lacking(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("without node_modules everything is lacking", () => {
  assert.equal(lackingWith(undefined), "no node_modules yet");
});

test("a package at another version is lacking", () => {
  assert.equal(lackingWith({ version: "0.9.0", integrity: "sha512-a" }), "node_modules/one is 0.9.0, not 1.0.0");
});

test("a package with another content is lacking", () => {
  assert.match(lackingWith({ version: "1.0.0", integrity: "sha512-b" }) ?? "", /node_modules\/one/);
});

test("nothing is lacking where versions and content agree", () => {
  assert.equal(lackingWith({ version: "1.0.0", integrity: "sha512-a" }), undefined);
});
