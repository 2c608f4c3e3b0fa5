// What is suspicious about what is enforced: when it is looked for, and that it is told once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createMemoryKernel } from "../../../agent/kernel/memory.ts";
import { type CompiledPass, compilePass } from "../../../agent/reconcile/pass.ts";
import { createReconciler } from "../../../agent/reconcile/reconciler.ts";
import { createWarnings } from "../../../agent/reconcile/warnings.ts";
import { usualSsh } from "../../../agent/sshAccess.ts";
import type { Problem } from "../../../rules/model/problem.ts";
import { endpoint, eth0, inputOf, storeOf } from "./hosts.ts";

const ghostly = { ...endpoint("a"), profiles: ["ghost"] };

/** What the warnings are after the pass, and how often they were told. */
async function warningsOf(looks: readonly CompiledPass[]): Promise<{ readonly codes: readonly string[]; readonly told: number }> {
  let codes: readonly string[] = [];
  let told = 0;
  const onWarnings = (problems: readonly Problem[]) => {
    codes = problems.map(({ code }) => code);
    told++;
  };
  const warnings = createWarnings({ ssh: usualSsh, rest: 5, onWarnings });
  for (const look of looks) {
    warnings.consider(look);
    await sleep(60);
  }
  warnings.close();
  return { codes, told };
}

test("what is suspicious is told some time after the pass, once, and again when it is over", async () => {
  const store = storeOf(ghostly);
  const first = compilePass(inputOf(store));
  assert.deepEqual(await warningsOf([first, first, compilePass(inputOf(store))]), { codes: ["unknown-profile"], told: 1 });
  store.update({ source: { resources: [endpoint("a")], problems: [] } });
  assert.deepEqual(await warningsOf([first, compilePass(inputOf(store))]), { codes: [], told: 2 });
});

test("passes in quick succession are looked at together, the last of them", async () => {
  let told: readonly Problem[] = [];
  let times = 0;
  const warnings = createWarnings({
    ssh: usualSsh,
    rest: 20,
    onWarnings: (problems) => {
      told = problems;
      times++;
    },
  });
  const store = storeOf(endpoint("a"));
  for (let i = 0; i < 5; i++) {
    store.update({ source: { resources: [{ ...endpoint("a"), profiles: [`ghost${i}`] }], problems: [] } });
    warnings.consider(compilePass(inputOf(store)));
  }
  await sleep(150);
  assert.equal(times, 1);
  assert.match(told[0]?.message ?? "", /ghost4/);
  warnings.consider(compilePass(inputOf(storeOf(ghostly))));
  warnings.close();
  await sleep(60);
  assert.equal(times, 1, "nothing is told after the end");
});

test("the reconciler tells what is suspicious about what it enforces", async () => {
  const told = Promise.withResolvers<readonly Problem[]>();
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  const reconciler = createReconciler({ kernel, input: () => inputOf(storeOf(ghostly)), onReport: () => {}, onWarnings: told.resolve });
  try {
    reconciler.request("test");
    assert.deepEqual(
      (await told.promise).map(({ code, severity }) => [code, severity]),
      [["unknown-profile", "warning"]],
    );
  } finally {
    await reconciler.close();
  }
});

test("kube-proxy in IPVS mode is told by its interface, in every state of that interface", async () => {
  const store = storeOf(endpoint("a"));
  const codes = async () => (await warningsOf([compilePass(inputOf(store))])).codes;
  assert.deepEqual(await codes(), []);
  store.update({ interfaces: [eth0, { name: "kube-ipvs0", addresses: [], up: false }] });
  assert.deepEqual(await codes(), ["kube-proxy-ipvs"]);
});

test("what a pass has read and sent is kept no longer than the pass: on a large host that is as much memory as all the rest", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const warnings = createWarnings({ ssh: usualSsh, rest: 60_000, onWarnings: () => undefined });
  const considered = (): WeakRef<object> => {
    const before = { chains: [], sets: [], maps: [] };
    const pass = { ...compilePass(inputOf(storeOf(ghostly))), before };
    warnings.consider(pass);
    return new WeakRef(before);
  };
  const before = considered();
  await sleep(1);
  collect();
  assert.equal(before.deref(), undefined);
  warnings.close();
});
