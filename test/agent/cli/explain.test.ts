// `hostward explain` as a user runs it: what it prints, where, and how it ends.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Ended, hostward, interfacesFile, launcher, sample, withFiles } from "./command.ts";

interface Options {
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Standard output is one, which script(1) makes. */
  readonly terminal?: boolean;
}

const ESC = "\u001b";

const manifests = { ...sample, "endpoint.yaml": sample["endpoint.yaml"].replace("profile1, profile2", "profile1") };

function explain(arguments_: readonly string[], { environment = {}, files = {}, terminal = false }: Options = {}): Promise<Ended> {
  return withFiles({}, (parent) =>
    withFiles({ ...manifests, ...files }, (cwd) => {
      const path = join(parent, "interfaces.txt");
      writeFileSync(path, interfacesFile);
      const all = ["explain", "--manifests", ".", "--interfaces", path, ...arguments_];
      if (!terminal) return hostward(all, { cwd, environment });
      const line = [launcher, ...all].map((word) => `'${word}'`).join(" ");
      return hostward(["-qec", line, "/dev/null"], { cwd, environment: { TERM: "xterm-256color", ...environment }, command: "script" });
    }),
  );
}

const webAllowed = ["--in", "eth0", "--src", "10.0.0.9", "--dport", "80"];

describe("hostward explain", () => {
  test("names the rule that decides with file, line and words, and marks it in both trees", async () => {
    const { code, stdout, stderr } = await explain(webAllowed);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.match(stdout, /^in:eth0 tcp 10\.0\.0\.9:40000 > 192\.168\.0\.1:80 {3}on host1\n\nBy policy\n/);
    assert.match(stdout, /tier default\n.*GlobalNetworkPolicy allow-web ingress\n.*rule 0: Allow {2}\[policy\.yaml:9\] <== allow\n/);
    assert.match(stdout, /\nIn the ruleset\n[\s\S]*accept comment "GlobalNetworkPolicy allow-web ingress rule 0" <== allow\n/);
    assert.match(stdout, /\nALLOWED by GlobalNetworkPolicy allow-web ingress rule 0 \(policy\.yaml:9\)\n +\{ action: Allow, protocol: TCP, source: .*\}\n/);
    assert.ok(!stdout.includes(ESC));
  });

  test("says why the rules before did not match, and what a tier without decision does", async () => {
    const { stdout } = await explain(["--in", "eth0", "--src", "192.0.2.9", "--dport", "80"]);
    assert.match(stdout, /rule 0 \(Allow\): no match, source 192\.0\.2\.9 is in none of nets {2}\[policy\.yaml:9\]\n/);
    assert.match(stdout, /\nDENIED by Tier default ingress: end of tier\n +no rule decided; the tier's default action is Deny\n$/);
  });

  test("on a terminal what decided is coloured and what did not matter is dim, and nothing under NO_COLOR", async () => {
    const coloured = await explain(webAllowed, { terminal: true });
    assert.ok(coloured.stdout.includes(`${ESC}[1m         └─ rule 0: Allow  [policy.yaml:9]${ESC}[22m ${ESC}[32m<== allow`), coloured.stdout);
    assert.ok(coloured.stdout.includes(`${ESC}[2m   ├─ not a failsafe port`));
    const plain = await explain(webAllowed, { terminal: true, environment: { NO_COLOR: "1" } });
    assert.ok(!plain.stdout.includes(ESC), plain.stdout);
    assert.match(plain.stdout, /ALLOWED by/);
  });

  test("a flow line says the same as flags", async () => {
    const [line, flags] = await Promise.all([explain(["in:eth0 tcp 10.0.0.9:40000 > 192.168.0.1:80"]), explain(webAllowed)]);
    assert.deepEqual(line, flags);
  });

  test("an expectation that holds", async () => {
    const { code, stderr } = await explain(["in:eth0 tcp 10.0.0.9:40000 > 192.168.0.1:22 -> allow by failsafe inbound"]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  });

  test("an expectation that does not hold fails, by verdict and by rule", async () => {
    const verdict = await explain(["in:eth0 tcp 10.0.0.9:40000 > 192.168.0.1:80 -> deny"]);
    assert.equal(verdict.code, 1);
    assert.equal(verdict.stderr, "expected deny, and it is allow by GlobalNetworkPolicy allow-web ingress rule 0\n");
    const rule = await explain(["in:eth0 tcp 10.0.0.9:40000 > 192.168.0.1:80 -> allow by allow-web ingress rule 1"]);
    assert.equal(rule.code, 1);
  });

  test("an interface that nothing governs", async () => {
    const { stdout } = await explain(["--in", "lo", "--src", "127.0.0.1", "--dport", "80"]);
    assert.match(stdout, /nothing governs lo\n[\s\S]*\nALLOWED: no rule of hostward decides about it\n/);
  });

  test("JSON has the verdict, the rule with its place, and both ways", async () => {
    const { code, stdout } = await explain([...webAllowed, "-o", "json"]);
    const { policy, ruleset, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    const decidedBy = { kind: "GlobalNetworkPolicy", name: "allow-web", direction: "ingress", index: 0, place: { source: "policy.yaml", line: 9, column: 7 } };
    const flow = "in:eth0 tcp 10.0.0.9:40000 > 192.168.0.1:80";
    assert.deepEqual(rest, { node: "host1", flow, verdict: "allow", decidedBy, agree: true });
    for (const judgement of [policy, ruleset]) {
      const { verdict, decidedBy: by, path } = judgement as { verdict: string; decidedBy: unknown; path: readonly { text: string }[] };
      assert.deepEqual({ verdict, by }, { verdict: "allow", by: decidedBy });
      assert.ok(path.length > 0 && path.every(({ text }) => text !== ""));
    }
    assert.equal(code, 0);
  });

  test("explains what the valid resources do when others are broken", async () => {
    const { code, stdout, stderr } = await explain(webAllowed, { files: { "bad.yaml": "kind: HostEndpoint\n" } });
    assert.equal(code, 1);
    assert.match(stdout, /\nALLOWED by /);
    assert.match(stderr, /^bad\.yaml:1:.*\n1 error in \.: this is what the valid resources do\n$/);
  });
});

const wrong: readonly (readonly [name: string, arguments_: readonly string[], stderr: RegExp])[] = [
  ["a mistyped interface", ["--in", "eth1", "--src", "10.0.0.9", "--dport", "80"], /^hostward: no interface "eth1"; did you mean eth0\?/],
  ["an interface of a flow line that is not there", ["in:eth7 tcp 10.0.0.9:1 > 10.0.0.1:2"], /^hostward: no interface "eth7"/],
  ["a flow line and a flag", ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:2", "--hop-limit", "3"], /^hostward: a flow line says it all: leave --hop-limit out\n$/],
  ["a flow line that is none", ["in:eth0 tcp 10.0.0.9 > 10.0.0.1:2"], /^hostward: expected ADDRESS:PORT, an IPv6 address in brackets, found "10\.0\.0\.9"\n$/],
  ["two families", ["--in", "eth0", "--src", "10.0.0.9", "--dst", "fd00::1", "--dport", "1"], /^hostward: source and destination must be of one family/],
  ["an unknown state", [...webAllowed, "--state", "open"], /Allowed choices are new, established/],
  ["a mistyped flag", ["--im", "eth0"], /unknown option '--im'\n\(Did you mean/],
];

describe("what is wrong is named, and ends with 2", () => {
  for (const [name, arguments_, expected] of wrong) {
    test(name, async () => {
      const { code, stdout, stderr } = await explain(arguments_);
      assert.match(stderr, expected);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    });
  }
});

test("--help teaches with examples", async () => {
  const { code, stdout } = await hostward(["explain", "--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /Exit codes of explain:[\s\S]*5 {2}policy and compiled ruleset differ[\s\S]*Examples:\n {2}hostward explain --manifests/);
});
