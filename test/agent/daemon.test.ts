// The daemon as a whole, in this process: real files and a real control socket, a kernel in memory, links and service manager that the test
// plays.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { askDaemon } from "../../agent/control/client.ts";
import type { ResourceDocument } from "../../agent/control/document.ts";
import type { Status } from "../../agent/control/status.ts";
import { type Daemon, startDaemon } from "../../agent/daemon.ts";
import { createMemoryKernel, type MemoryKernel } from "../../agent/kernel/memory.ts";
import { createLogger } from "../../agent/log.ts";
import { loadSettings } from "../../agent/settings/load.ts";
import { usualSsh } from "../../agent/sshAccess.ts";
import { table } from "../../rules/compile/hooks.ts";
import type { Operation } from "../../rules/diff/types.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import { statusOf } from "./running.ts";

const eth0: Interface = { name: "eth0", addresses: [{ family: 4, value: 0x0a000001n }], up: true };
const endpoint = "apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: { name: a }\nspec: { node: host1, interfaceName: eth0 }\n";
const policy = (ports: string) =>
  `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: { name: web }\nspec:\n  selector: all()\n  types: [Ingress]\n  ingress:\n    - { action: Allow, protocol: TCP, destination: { ports: [${ports}] } }\n`;

interface Bench {
  readonly daemon: Daemon;
  readonly kernel: MemoryKernel;
  readonly directory: string;
  readonly log: readonly string[];
  /** What the service manager was told, without STATUS. */
  readonly told: readonly string[];
  setInterfaces(interfaces: readonly Interface[]): void;
  write(name: string, text: string): void;
  /** Over the socket, until it holds. */
  status(holds: (status: Status) => boolean): Promise<Status>;
}

interface Prepared {
  readonly files?: Readonly<Record<string, string>>;
  readonly interfaces?: readonly Interface[];
  readonly kernel?: MemoryKernel;
  /** What the daemon is to keep of this run, and has kept of the one before, is there. */
  readonly state?: string;
}

async function withDaemon(
  { files = { "endpoint.yaml": endpoint }, interfaces = [eth0], kernel = createMemoryKernel(), state: kept }: Prepared,
  use: (bench: Bench) => Promise<void>,
) {
  const directory = mkdtempSync(join(tmpdir(), "hostward-daemon-"));
  mkdirSync(join(directory, "manifests"));
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write("hostward.yaml", "");
  for (const [name, text] of Object.entries(files)) write(join("manifests", name), text);
  const log: string[] = [];
  const told: string[] = [];
  let current: readonly Interface[] = [];
  let onLinks: (interfaces: readonly Interface[]) => void = () => undefined;
  const linksSynced = Promise.withResolvers<void>();
  const setInterfaces = (next: readonly Interface[]) => {
    current = next;
    onLinks(next);
    linksSynced.resolve();
  };
  const control = join(directory, "run", "control.sock");
  const state = kept ?? join(directory, "state");
  const load = () =>
    loadSettings({
      environment: {},
      flags: { node: "host1", manifests: join(directory, "manifests"), control, state, config: join(directory, "hostward.yaml") },
    });
  const { settings } = load();
  assert.ok(settings);
  const daemon = await startDaemon({
    settings,
    loadSettings: load,
    version: "1.2.3",
    log: createLogger("Info", "journal", { write: (line) => log.push(line.trimEnd()) }),
    host: {
      kernel,
      ssh: usualSsh,
      serviceManager: { ready: () => told.push("ready"), status: () => undefined, stopping: () => told.push("stopping"), close: () => told.push("close") },
      watchLinks({ onChange }) {
        onLinks = onChange;
        if (interfaces.length > 0) setImmediate(() => setInterfaces(interfaces));
        return { current: () => current, synced: linksSynced.promise, close: () => undefined };
      },
    },
  });
  const status: Bench["status"] = (holds) => statusOf(control, holds);
  try {
    await use({ daemon, kernel, directory, log, told, setInterfaces, write, status });
  } finally {
    await daemon.close();
    rmSync(directory, { recursive: true });
  }
}

const isInSync = ({ state }: Status) => state === "in-sync";

test("it starts, applies once, says that it is ready, and keeps the rules when it ends", async () => {
  const kernel = createMemoryKernel();
  const told: string[] = [];
  await withDaemon({ kernel }, async (bench) => {
    const status = await bench.status(isInSync);
    assert.deepEqual([status.node, status.version, status.waitingFor, status.problems], ["host1", "1.2.3", [], []]);
    assert.deepEqual(status.endpoints, [{ name: "a", state: "up", interfaces: ["eth0"], wildcard: false, shadowed: [] }]);
    assert.equal(status.revision, status.latestRevision);
    assert.equal(status.generation, await kernel.generation());
    assert.equal(kernel.commits.length, status.lastPass?.batches);
    assert.deepEqual(bench.told, ["ready"]);
    await bench.daemon.close();
    told.push(...bench.told);
  });
  assert.deepEqual(told, ["ready", "stopping", "close"]);
  assert.notEqual((await kernel.read(table)).actual, undefined);
});

test("nothing is changed before interfaces and manifests are known", () =>
  withDaemon({ interfaces: [] }, async ({ kernel, told, status, setInterfaces }) => {
    const waiting = await status(({ waitingFor }) => !waitingFor.includes("manifests"));
    assert.deepEqual([waiting.state, waiting.waitingFor, waiting.revision, waiting.generation], ["starting", ["interfaces"], 0, null]);
    await sleep(100);
    assert.deepEqual([kernel.commits.length, told], [0, []]);
    setInterfaces([eth0]);
    await status(isInSync);
    assert.deepEqual(told, ["ready"]);
  }));

test("a file that changes, and an interface that comes, are applied", () =>
  withDaemon({ interfaces: [{ ...eth0, name: "eth1" }] }, async ({ kernel, status, write, setInterfaces, log }) => {
    const first = await status(isInSync);
    assert.equal(first.endpoints[0]?.state, "error");
    setInterfaces([eth0]);
    const second = await status(({ endpoints }) => endpoints[0]?.state === "up");
    write("manifests/policy.yaml", policy("80, 443"));
    const third = await status(({ revision }) => revision > second.revision);
    assert.ok((third.counts?.rules ?? 0) > (second.counts?.rules ?? 0));
    assert.equal(third.generation, await kernel.generation());
    assert.match(log.join("\n"), /<4>HostEndpoint a is error: no interface named eth0/);
    assert.match(log.join("\n"), /<6>HostEndpoint a is up on eth0/);
  }));

test("an invalid change is told with its place and changes nothing; its correction is told too", () =>
  withDaemon({ files: { "endpoint.yaml": endpoint, "policy.yaml": policy("80") } }, async ({ kernel, directory, status, write, log }) => {
    const before = await status(isInSync);
    const commits = kernel.commits.length;
    write("manifests/policy.yaml", policy("80, 99999"));
    const broken = await status(({ problems }) => problems.length > 0);
    assert.deepEqual([broken.state, broken.revision, kernel.commits.length], ["in-sync", before.revision, commits]);
    const [problem] = broken.problems;
    assert.deepEqual([problem?.resource, problem?.field, problem?.place.line], ["GlobalNetworkPolicy/web", "spec.ingress[0].destination.ports[1]", 8]);
    assert.match(log.join("\n"), new RegExp(`<3>${directory}/manifests/policy.yaml:8:\\d+: error field-value GlobalNetworkPolicy/web .* code=field-value`));
    write("manifests/policy.yaml", policy("80"));
    await status(({ problems }) => problems.length === 0);
    assert.match(log.join("\n"), /<6>solved: .*GlobalNetworkPolicy\/web/);
    assert.equal(kernel.commits.length, commits);
  }));

test("what is suspicious is in the status as long as it lasts, also while passes fail, and is logged when it comes and when it goes", () =>
  withDaemon({ files: { "endpoint.yaml": endpoint.replace("eth0", "eth0, profiles: [ghost]") } }, async ({ kernel, status, write, log }) => {
    const codesOf = ({ problems }: Status) => problems.map(({ code, severity }) => `${severity} ${code}`).toSorted();
    const about = (text: string) => log.filter((line) => line.includes(text) && line.includes("unknown-profile"));
    await status((now) => isInSync(now) && codesOf(now).includes("warning unknown-profile"));
    kernel.refuse((operation: Operation) => (operation.object === "chain" && operation.verb === "add" ? "ENOMEM" : undefined));
    write("manifests/policy.yaml", policy("80"));
    const failed = await status((now) => codesOf(now).includes("error kernel-refused"));
    assert.deepEqual(codesOf(failed), ["error kernel-refused", "warning unknown-profile"]);
    assert.deepEqual(about("<4>").length, 1);
    kernel.refuse(() => undefined);
    write("manifests/endpoint.yaml", endpoint);
    await status((now) => isInSync(now) && codesOf(now).length === 0);
    assert.deepEqual([about("").length, about("<6>solved: ").length], [2, 1]);
  }));

test("a refused rule is left out and makes it degraded with the rule's place, until the kernel takes it", () =>
  withDaemon({}, async ({ kernel, status, write }) => {
    const before = await status(isInSync);
    kernel.refuse((operation: Operation) =>
      operation.object === "rule" && operation.verb !== "delete" && operation.rule.origin.name === "web" ? "EINVAL" : undefined,
    );
    write("manifests/policy.yaml", policy("80"));
    const degraded = await status(({ state }) => state === "degraded");
    assert.equal(degraded.revision, before.revision);
    assert.ok(degraded.latestRevision > degraded.revision);
    const [problem] = degraded.problems;
    assert.deepEqual(
      [problem?.code, problem?.resource, problem?.field, problem?.place.line],
      ["kernel-refused", "GlobalNetworkPolicy/web", "spec.ingress[0]", 8],
    );
    kernel.refuse(undefined);
    const healed = await status(isInSync);
    assert.deepEqual([healed.revision, healed.problems], [healed.latestRevision, []]);
  }));

test("a policy that the kernel refuses stays as it was in force through a restart, and nothing is changed", async () => {
  const kernel = createMemoryKernel();
  const state = mkdtempSync(join(tmpdir(), "hostward-state-"));
  const files = { "endpoint.yaml": endpoint, "policy.yaml": policy("80") };
  kernel.refuse((operation: Operation) => {
    if (operation.object !== "rule" || operation.verb === "delete") return undefined;
    return operation.rule.statements.some((one) => one.kind === "match" && one.value.kind === "scalar" && one.value.value === 666) ? "EINVAL" : undefined;
  });
  try {
    await withDaemon({ kernel, state, files }, async ({ status, write }) => {
      await status(isInSync);
      write("manifests/policy.yaml", policy("666"));
      await status(({ state: now }) => now === "degraded");
    });
    const { generation } = await kernel.read(table);
    await withDaemon({ kernel, state, files: { ...files, "policy.yaml": policy("666") } }, async ({ status, told }) => {
      const { problems } = await status(({ state: now }) => now === "degraded");
      assert.deepEqual([problems.map(({ code }) => code), told], [["kernel-refused"], ["ready"]]);
      assert.match(problems[0]?.hint ?? "", /^its previous version stays in force/);
    });
    assert.equal((await kernel.read(table)).generation, generation);
  } finally {
    rmSync(state, { recursive: true });
  }
});

test("a failed first pass is not ready, and a missing privilege is hopeless", async () => {
  const kernel = createMemoryKernel();
  kernel.permit(false);
  await withDaemon({ kernel }, async ({ daemon, told, status }) => {
    const report = await daemon.hopeless;
    assert.deepEqual([report.outcome, report.problems[0]?.code], ["failed", "kernel-permission"]);
    assert.equal((await status(({ state }) => state === "degraded")).revision, 0);
    assert.deepEqual(told, []);
  });
});

test("a reload takes over policy settings, and refuses a file with an error", () =>
  withDaemon({}, async ({ daemon, kernel, status, write, log }) => {
    const first = await status(isInSync);
    write("hostward.yaml", "failsafeInboundHostPorts: none\nmanifests: /elsewhere\n");
    daemon.reload();
    await status(({ generation }) => generation !== first.generation);
    write("hostward.yaml", "failsafeInboundHostPorts: tcp:99999\n");
    const commits = kernel.commits.length;
    daemon.reload();
    await sleep(100);
    assert.equal(kernel.commits.length, commits);
    assert.match(log.join("\n"), /<3>settings are not reloaded: those in force stay/);
  }));

test("it follows the settings file, keeps what is in force while that is wrong, and says so until it is right", () =>
  withDaemon({}, async ({ directory, kernel, status, write, log }) => {
    const first = await status(isInSync);
    write("hostward.yaml", "failsafeInboundHostPorts: none\n");
    const second = await status(({ generation }) => generation !== first.generation);
    const commits = kernel.commits.length;
    write("hostward.yaml", "failsafeInboundHostPorts: tcp:99999\n");
    const has = (code: string) => (now: Status) => now.problems.some((problem) => problem.code === code);
    const wrong = await status(has("setting-value"));
    assert.deepEqual([wrong.state, wrong.generation], ["in-sync", second.generation]);
    rmSync(join(directory, "hostward.yaml"));
    await status(has("settings-file"));
    assert.equal(kernel.commits.length, commits);
    write("next.yaml", "disableConntrackInvalidCheck: true\n");
    renameSync(join(directory, "next.yaml"), join(directory, "hostward.yaml"));
    await status((now) => !has("settings-file")(now) && now.generation !== second.generation);
    assert.match(log.join("\n"), /<6>solved: .*settings-file/);
  }));

test("a settings file that is written again with the same settings changes nothing, and is not mentioned", () =>
  withDaemon({}, async ({ kernel, status, write, log }) => {
    await status(isInSync);
    const commits = kernel.commits.length;
    write("hostward.yaml", "# a comment\nlogPrefix: calico-packet\n");
    await sleep(400);
    assert.deepEqual([kernel.commits.length, log.filter((line) => line.includes("settings"))], [commits, []]);
  }));

test("resources are answered on the socket as manifests", () =>
  withDaemon({}, async ({ directory, status }) => {
    await status(isInSync);
    const documents = (await askDaemon(join(directory, "run", "control.sock"), "/resources")) as readonly ResourceDocument[];
    assert.deepEqual(
      documents.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
      ["HostEndpoint/a"],
    );
  }));

test("the last endpoint's end is loud", () =>
  withDaemon({}, async ({ status, write, log }) => {
    await status(isInSync);
    write("manifests/endpoint.yaml", endpoint.replace("host1", "host2"));
    await status(({ problems }) => problems.some(({ code }) => code === "no-local-endpoints"));
    assert.match(log.join("\n"), /<4>resolve: warning no-local-endpoints: no HostEndpoint is for node "host1" any more \(1 for others\)/);
  }));

test("it tells Prometheus of its passes from the first on", () =>
  withDaemon({}, async ({ directory, status }) => {
    await status(isInSync);
    const text = await new Promise<string>((resolve, reject) => {
      const options = { socketPath: join(directory, "run", "control.sock"), path: "/metrics", agent: false };
      request(options, async (response) => resolve((await response.toArray()).join("")))
        .on("error", reject)
        .end();
    });
    assert.match(text, /^hostward_passes_total\{outcome="applied"\} 1$/m);
    assert.match(text, /^hostward_in_sync 1$/m);
    assert.match(text, /^hostward_endpoints\{state="up"\} 1$/m);
  }));

test("a comment above a document with a problem moves the problem's line, and no pass runs", () =>
  withDaemon({ files: { "endpoint.yaml": endpoint, "wrong.yaml": `---\n${endpoint.replace("name: a", "name: A")}` } }, async ({ kernel, status, write }) => {
    const lineOf = ({ problems }: Status) => problems.find(({ severity }) => severity === "error")?.place.line;
    const before = await status((now) => isInSync(now) && lineOf(now) !== undefined);
    const { length } = kernel.commits;
    write(join("manifests", "wrong.yaml"), `# one\n# two\n---\n${endpoint.replace("name: a", "name: A")}`);
    const after = await status((now) => lineOf(now) === Number(lineOf(before)) + 2);
    assert.deepEqual([after.revision, after.lastPass, kernel.commits.length], [before.revision, before.lastPass, length]);
  }));
