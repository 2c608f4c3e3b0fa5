// How steady the processor is: one loop of arithmetic, again and again, by the processor time that it takes. On a machine that is shared it is not the
// same, and nothing of the program's can change that: what took twice as long may have run on a processor that was half as fast.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./statistics.ts";

const samples = 60;
/** Some 10 ms: short calls and many, since the engine puts better code in the place of a function between two calls. */
const calls = 4000;
const steps = 2000;
/** As between two changes a processor may go to sleep. */
const restMilliseconds = 20;

/** Turns before the first that counts: the engine compiles the loop meanwhile, and compiled it is several times as fast. */
const turnsToWarmUp = 50;

/** Milliseconds of processor time for the same work. */
export async function pace(): Promise<readonly number[]> {
  for (let i = 0; i < turnsToWarmUp; i++) turn();
  const taken: number[] = [];
  const sum = turn();
  for (let i = 0; i < samples; i++) {
    const before = processorTime();
    const same = turn();
    taken.push(processorTime() - before);
    // What nobody uses the engine does not compute.
    if (same !== sum) throw new Error(`a processor that adds up to ${same} and to ${sum}`);
    await sleep(restMilliseconds);
  }
  return taken;
}

/** Milliseconds of this thread. Only the sum is exact: how much of it was in the kernel the kernel tells by its ticks. */
function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function turn(): number {
  let sum = 0;
  for (let i = 0; i < calls; i++) sum = added(sum);
  return sum;
}

function added(to: number): number {
  let sum = to;
  for (let i = 0; i < steps; i++) sum = (Math.imul(sum, 31) + i) | 0;
  return sum;
}

/** How much longer than the fastest tenth the middle and the slowest tenth took. */
export interface Unsteadiness {
  readonly usual: number;
  readonly slow: number;
}

export function unsteadiness(taken: readonly number[]): Unsteadiness {
  const fast = quantile(taken, 0.1);
  return { usual: quantile(taken, 0.5) / fast, slow: quantile(taken, 0.9) / fast };
}

/** Of all processors since the machine started, in ticks of the kernel's clock (proc_stat(5)). */
export interface ProcessorTimes {
  /** Run, or wanted and not had. */
  readonly wanted: number;
  /** Wanted, while whoever runs this virtual machine gave the processor to another one. */
  readonly stolen: number;
}

export function processorTimes(text = readFileSync("/proc/stat", "utf8")): ProcessorTimes {
  const [user = 0, nice = 0, system = 0, _idle, _waiting, interrupts = 0, softInterrupts = 0, stolen = 0] = (/^cpu +(.*)$/m.exec(text)?.[1] ?? "")
    .split(" ")
    .map(Number);
  return { wanted: user + nice + system + interrupts + softInterrupts + stolen, stolen };
}

/** From 0 to 1. */
export function stolenBetween(before: ProcessorTimes, after: ProcessorTimes): number {
  return (after.stolen - before.stolen) / Math.max(1, after.wanted - before.wanted);
}
