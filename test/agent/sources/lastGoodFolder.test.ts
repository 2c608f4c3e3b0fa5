// What is in force of the manifests outlives the process that read them: sources that come one after the other over the same directory and state.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { watchDirectory } from "../../../agent/sources/directory.ts";
import { LastGoodFolder } from "../../../agent/sources/lastGoodFolder.ts";
import type { SourceState } from "../../../agent/sources/source.ts";
import { prefixesOf } from "../../../rules/net/networks.ts";
import { formatPrefix } from "../../../rules/net/prefix.ts";
import { until } from "../../patience.ts";

const set = (name: string, net: string) => `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: { name: ${name} }\nspec: { nets: [${net}] }\n`;
const good = "10.0.0.0/8";
const newer = "192.168.0.0/16";
const wrong = "10.0.0.0/99";

describe("a start over the state of an earlier run", () => {
  let [parent, manifests, state, saved]: [string, string, string, string] = ["", "", "", ""];
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "hostward-last-good-"));
    [manifests, state] = [join(parent, "manifests"), join(parent, "state")];
    saved = join(state, "last-good", manifests);
    mkdirSync(manifests);
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  const write = (name: string, text: string) => writeFileSync(join(manifests, name), text);

  /** A process's life: it reads the directory, then `meanwhile`, and ends. What it knew last. */
  async function run(): Promise<SourceState> {
    let told: SourceState = { resources: [], problems: [] };
    const onChange = () => {
      told = source.current();
    };
    const source = watchDirectory({ path: manifests, onChange, lastGood: new LastGoodFolder({ state, manifests, onProblem: onChange }) });
    await source.synced;
    await source.close();
    assert.deepEqual(told, source.current());
    return told;
  }

  /** A process that looks again every few milliseconds, until `use` is through with it. */
  async function during(use: (current: () => SourceState) => Promise<void>): Promise<void> {
    const timing = { quiet: 5, patience: 20, rescan: 10, rescanBlind: 10 };
    const source = watchDirectory({
      path: manifests,
      timing,
      onChange: () => undefined,
      lastGood: new LastGoodFolder({ state, manifests, onProblem: () => undefined }),
    });
    await use(() => source.current()).finally(() => source.close());
  }

  const described = ({ resources }: SourceState) =>
    resources
      .map((resource) => `${resource.metadata.name} ${resource.kind === "GlobalNetworkSet" ? prefixesOf(resource.nets).map(formatPrefix).join() : ""}`)
      .sort();
  const codes = ({ problems }: SourceState) => problems.map(({ code }) => code);

  test("what a manifest held before it became invalid is in force, and is where it can be read", async () => {
    write("a.yaml", `${set("a", good)}---\n${set("b", good)}`);
    await run();
    write("a.yaml", `# other lines\n${set("a", wrong)}---\n${set("b", newer)}`);
    for (let start = 1; start <= 3; start++) {
      const { resources, problems } = await run();
      assert.deepEqual(described({ resources, problems }), [`a ${good}`, `b ${newer}`], `start ${start}`);
      assert.match(problems[0]?.hint ?? "", /what was last valid stays in force$/);
      const place = resources.find(({ metadata }) => metadata.name === "a")?.place;
      assert.equal(place?.source, join(saved, "a.yaml"));
      const line = readFileSync(join(saved, "a.yaml"), "utf8").split("\n")[(place?.line ?? 0) - 1];
      if (start > 1) assert.match(line ?? "", /"name":"a"/);
    }
    write("a.yaml", set("b", good));
    assert.deepEqual(described(await run()), [`b ${good}`], "it was taken out");
  });

  test("a manifest that cannot be read keeps what it held through any number of starts", async () => {
    write("a.yaml", set("a", good));
    await run();
    unlinkSync(join(manifests, "a.yaml"));
    symlinkSync("nowhere", join(manifests, "a.yaml"));
    for (let start = 1; start <= 2; start++) {
      const last = await run();
      assert.deepEqual([described(last), codes(last)], [[`a ${good}`], ["file-unreadable"]]);
    }
  });

  test("a manifest that was removed meanwhile is gone for good", async () => {
    write("a.yaml", set("a", good));
    write("b.yaml", set("b", good));
    await run();
    unlinkSync(join(manifests, "a.yaml"));
    writeFileSync(join(saved, "b.yaml.new"), "left by a process that was killed");
    assert.deepEqual(described(await run()), [`b ${good}`]);
    assert.deepEqual(readdirSync(saved), ["b.yaml"]);
    write("a.yaml", set("a", wrong));
    assert.deepEqual(described(await run()), [`b ${good}`], "what once had the name is not remembered");
  });

  test("what is there already is not written again, and nobody else may read it", async () => {
    write("a.yaml", set("a", good));
    await run();
    const before = statSync(join(saved, "a.yaml"));
    await run();
    assert.equal(statSync(join(saved, "a.yaml")).ino, before.ino);
    assert.deepEqual([before.mode & 0o777, statSync(saved).mode & 0o777], [0o600, 0o700]);
  });

  test("what others may have written is not in force, and that is a problem", async () => {
    write("a.yaml", set("a", good));
    await run();
    chmodSync(join(saved, "a.yaml"), 0o666);
    write("a.yaml", set("a", wrong));
    const last = await run();
    assert.deepEqual(described(last), []);
    assert.deepEqual(codes(last).slice(1), ["state-directory"]);
    assert.match(last.problems[1]?.message ?? "", /^cannot be read: others may write to it$/);
    assert.equal(statSync(join(saved, "a.yaml")).mode & 0o777, 0o666, "it is left as it is");
    chmodSync(join(saved, "a.yaml"), 0o600);
    assert.deepEqual(described(await run()), [`a ${good}`], "once it is put right it counts");
  });

  test("a folder that others may write to is neither believed nor written to", async () => {
    write("a.yaml", set("a", good));
    await run();
    chmodSync(saved, 0o777);
    write("a.yaml", set("a", newer));
    assert.deepEqual(codes(await run()), ["state-directory"]);
    assert.equal(readFileSync(join(saved, "a.yaml"), "utf8"), set("a", good));
    write("a.yaml", set("a", wrong));
    const last = await run();
    assert.deepEqual(described(last), []);
    assert.deepEqual(codes(last).slice(1), ["state-directory", "state-directory"]);
  });

  test("a state directory that cannot be had is a problem, and the manifests are in force all the same", async () => {
    writeFileSync(state, "a file");
    write("a.yaml", set("a", good));
    const last = await run();
    assert.deepEqual([described(last), codes(last)], [[`a ${good}`], ["state-directory"]]);
    assert.match(last.problems[0]?.message ?? "", /^cannot be written: ENOTDIR/);
    assert.match(last.problems[0]?.hint ?? "", /the setting `state`/);
  });

  test("what could not be written is written as soon as it can be, whether manifests change or not", async () => {
    writeFileSync(state, "a file");
    write("a.yaml", set("a", good));
    await during(async (current) => {
      await until(() => codes(current()).includes("state-directory"));
      // A file that is younger is read at every look.
      await sleep(1500);
      unlinkSync(state);
      await until(() => codes(current()).length === 0);
    });
    assert.equal(readFileSync(join(saved, "a.yaml"), "utf8"), set("a", good));
  });

  test("one manifest that cannot be kept does not hold up the others", async () => {
    write("a.yaml", set("a", good));
    write("b.yaml", set("b", good));
    mkdirSync(join(saved, "a.yaml", "in the way"), { recursive: true });
    assert.deepEqual(codes(await run()), ["state-directory"]);
    assert.equal(readFileSync(join(saved, "b.yaml"), "utf8"), set("b", good));
  });

  test("somebody may empty the folder at any time", async () => {
    write("a.yaml", set("a", good));
    write("b.yaml", set("b", good));
    await during(async (current) => {
      await until(() => existsSync(join(saved, "b.yaml")));
      rmSync(state, { recursive: true });
      unlinkSync(join(manifests, "b.yaml"));
      write("a.yaml", set("a", newer));
      // A look may have met the file empty, as it is for a moment.
      await until(() => existsSync(join(saved, "a.yaml")) && readFileSync(join(saved, "a.yaml"), "utf8") === set("a", newer));
      assert.deepEqual([described(current()), codes(current())], [[`a ${newer}`], []]);
    });
  });
});
