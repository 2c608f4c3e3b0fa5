// What is known of other processes' commits from notifications that a test gives: complete, late, lost, and about hostward's table or another.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kernel, KernelEvent, Touched } from "../../../agent/kernel/interface.ts";
import { createMemoryKernel } from "../../../agent/kernel/memory.ts";
import { Witness } from "../../../agent/reconcile/witness.ts";

interface Bench {
  readonly witness: Witness;
  /** "harmless 7" and "suspicion", in order. */
  readonly told: readonly string[];
  hear(generation: number, touched: Touched, by?: string): void;
  lose(): void;
}

const none: Touched = { kind: "nothing" };
const whole: Touched = { kind: "table" };
const parts = (chains: readonly string[], sets: readonly string[] = []): Touched => ({ kind: "parts", chains: new Set(chains), sets: new Set(sets) });

function bench(base: number | undefined): Bench {
  let listener: (event: KernelEvent) => void = () => {};
  const kernel: Kernel = {
    ...createMemoryKernel(),
    watch: (_table, listen) => {
      listener = listen;
      return () => {};
    },
  };
  const told: string[] = [];
  const witness = new Witness({
    kernel,
    table: "t",
    onHarmless: (generation) => told.push(`harmless ${generation}`),
    onSuspicion: () => told.push("suspicion"),
  });
  if (base !== undefined) {
    witness.passBegins();
    witness.passEnded(base);
  }
  return {
    witness,
    told,
    hear: (generation, touched, processName = "nft") => listener({ kind: "generation", generation, processId: 9, processName, touched }),
    lose: () => listener({ kind: "overflow" }),
  };
}

test("before the first pass nothing is suspicious", () => {
  const { hear, lose, told } = bench(undefined);
  hear(5, whole);
  lose();
  assert.deepEqual(told, []);
});

test("commits that touch other tables only move the generation on", () => {
  const { hear, told } = bench(10);
  hear(11, none);
  hear(12, none);
  assert.deepEqual(told, ["harmless 11", "harmless 12"]);
});

test("a commit that touches the table is told at once, and what was touched adds up over several, with who did it", () => {
  const { hear, told, witness } = bench(10);
  hear(11, parts(["input"]), "nft");
  hear(12, none, "docker");
  hear(13, parts(["output"], ["sel"]), "iptables");
  assert.deepEqual(told, ["suspicion", "suspicion", "suspicion"]);
  const changes = witness.changes(10, 13);
  assert.deepEqual(changes?.touched, parts(["input", "output"], ["sel"]));
  assert.deepEqual(changes?.by, ["nft[9]", "iptables[9]"]);
  assert.deepEqual(changes?.names, ["nft", "iptables"]);
  assert.deepEqual(witness.changes(10, 11)?.touched, parts(["input"]));
  assert.deepEqual(witness.changes(11, 12)?.touched, none);
  assert.equal(witness.changes(10, 14), undefined, "14 has not been heard of yet");
});

test("a commit of which nothing was heard makes all unknown", () => {
  const { hear, told, witness } = bench(10);
  hear(12, none);
  assert.deepEqual(told, ["suspicion"]);
  assert.equal(witness.changes(10, 12), undefined);
});

test("lost notifications make all unknown until a pass has looked", () => {
  const { hear, lose, told, witness } = bench(10);
  lose();
  hear(11, none);
  assert.equal(witness.changes(10, 11), undefined);
  assert.deepEqual(told, ["suspicion", "suspicion"]);
  witness.passBegins();
  witness.passEnded(11);
  hear(12, none);
  assert.deepEqual(told.slice(2), ["harmless 12"]);
});

test("notifications that are lost during a pass make one more pass look", () => {
  const { lose, told, witness } = bench(10);
  witness.passBegins();
  lose();
  assert.deepEqual(told, []);
  witness.passEnded(12);
  assert.deepEqual(told, ["suspicion"]);
  witness.passBegins();
  witness.passEnded(12);
  assert.deepEqual(told, ["suspicion"]);
});

test("what a pass commits itself is no suspicion, also when it is heard of late", () => {
  const { hear, told, witness } = bench(10);
  witness.passBegins();
  hear(11, whole);
  witness.passEnded(12);
  hear(12, whole);
  assert.deepEqual(told, []);
  assert.equal(witness.changes(12, 12)?.touched.kind, "nothing");
});

test("what others commit during a pass after it has looked is told when it ends", () => {
  const { hear, told, witness } = bench(10);
  witness.passBegins();
  hear(11, parts(["own"]));
  hear(12, parts(["input"]));
  witness.passEnded(11);
  assert.deepEqual(told, ["suspicion"]);
  assert.deepEqual(witness.changes(11, 12)?.touched, parts(["input"]));
});

test("the table as a whole outweighs its parts", () => {
  const { hear, witness } = bench(10);
  hear(11, parts(["input"]));
  hear(12, whole);
  hear(13, parts(["output"]));
  assert.deepEqual(witness.changes(10, 13)?.touched, whole);
});

test("the generation after the last is 1", () => {
  const { hear, told, witness } = bench(0xfffffffe);
  hear(0xffffffff, none);
  hear(1, parts(["input"]));
  assert.deepEqual(told, ["harmless 4294967295", "suspicion"]);
  assert.deepEqual(witness.changes(0xffffffff, 1)?.touched, parts(["input"]));
});

test("a flood of other tables' commits during a long pass is not kept for ever", () => {
  const { hear, told, witness } = bench(10);
  witness.passBegins();
  for (let generation = 11; generation < 6000; generation++) hear(generation, none);
  assert.equal(witness.changes(10, 5999), undefined);
  witness.passEnded(10);
  assert.deepEqual(told, ["suspicion"]);
});
