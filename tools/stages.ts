// The stages of `npm test` and the files each of them runs. A test that enters a network namespace is a kernel test wherever it lies;
// what reads random input for a while is a fuzzer; the corpus has a stage of its own; everything else is a unit test.

import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Step } from "./step.ts";

export interface Stage {
  readonly name: string;
  readonly what: string;
  /** Commands of the system without which the stage cannot run. */
  readonly needs: readonly string[];
  /** Its tests load the native addon. */
  readonly usesAddon?: boolean;
  readonly steps: (words: readonly string[]) => readonly Step[];
}

export type TestKind = "unit" | "fuzz" | "corpus" | "kernel";

/** Which stage a test file belongs to, by its path below the root and its text. */
export function kindOfTest(path: string, text: string): TestKind {
  if (path.startsWith("test/corpus/")) return "corpus";
  if (path.startsWith("test/kernel/") || /^import "[^"]*\/enter\.ts";$/m.test(text)) return "kernel";
  if (path.startsWith("test/fuzz/") || path.includes(".fuzz.")) return "fuzz";
  return "unit";
}

function testFiles(kind: TestKind): readonly string[] {
  const files = globSync("test/**/*.test.ts").toSorted();
  return files.filter((path) => kindOfTest(path, readFileSync(path, "utf8")) === kind);
}

const namespaceCommands = ["unshare", "nsenter", "setpriv", "ip", "nft", "python3"];

interface TestOptions {
  readonly concurrency: number;
  readonly environment?: Readonly<Record<string, string>>;
}

function runTests(title: string, files: readonly string[], options: TestOptions): readonly Step[] {
  // A test that hangs is a failure with a name, not a run that never ends.
  const flags = ["--test", "--test-reporter=spec", "--test-timeout=240000", `--test-concurrency=${options.concurrency}`];
  return [{ title, command: [process.execPath, ...flags, ...files], environment: options.environment ?? {}, isTest: true }];
}

function chosen(kind: TestKind, words: readonly string[]): readonly string[] {
  return testFiles(kind).filter((path) => words.length === 0 || words.some((word) => path.includes(word)));
}

export const stages: readonly Stage[] = [
  {
    name: "build",
    what: "the native addon",
    needs: ["g++", "make", "python3"],
    steps: () => [{ title: "addon", command: [process.execPath, "tools/build-native.mjs"] }],
  },
  {
    name: "lint",
    what: "biome, then our own rules",
    needs: [],
    steps: () => [
      { title: "biome", command: ["node_modules/.bin/biome", "check", "--error-on-warnings", "."] },
      { title: "rules", command: [process.execPath, "tools/lint/main.ts"] },
    ],
  },
  {
    name: "types",
    what: "tsc over the pure floors without Node's types, then over everything",
    needs: [],
    steps: () => [
      { title: "rules/", command: ["node_modules/.bin/tsc", "-p", "rules"] },
      { title: "all", command: ["node_modules/.bin/tsc", "-p", "."] },
    ],
  },
  {
    name: "unit",
    what: "no privilege, no kernel",
    usesAddon: true,
    needs: [],
    steps: (words) => runTests("unit tests", chosen("unit", words), { concurrency: availableParallelism() }),
  },
  {
    name: "fuzz",
    what: "what reads bytes or text, FUZZ_SECONDS each",
    usesAddon: true,
    needs: [],
    steps: (words) => {
      const environment = { FUZZ_SECONDS: process.env["FUZZ_SECONDS"] ?? "3" };
      return runTests("fuzzers", chosen("fuzz", words), { concurrency: availableParallelism(), environment });
    },
  },
  {
    name: "corpus",
    what: "test/cases under all oracles",
    usesAddon: true,
    needs: namespaceCommands,
    steps: (words) => runTests("corpus", testFiles("corpus"), { concurrency: 2, environment: { HOSTWARD_CASES: words.join(",") } }),
  },
  {
    name: "kernel",
    what: "real packets in network namespaces",
    usesAddon: true,
    needs: namespaceCommands,
    steps: (words) => runTests("kernel tests", chosen("kernel", words), { concurrency: 1 }),
  },
];
