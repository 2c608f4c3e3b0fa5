// Everything that is suspicious about resources that are each valid by themselves. Never about one resource alone, which its decoder has checked,
// and never a guess: what is told here is so. Pure; whoever calls it decides where warnings go.

import type { Problem } from "../model/problem.ts";
import { compareBytes } from "../resolve/order.ts";
import { emptyAddressSet } from "./emptyAddressSet.ts";
import { idlePolicy } from "./idlePolicy.ts";
import { impossibleSelector } from "./impossibleSelector.ts";
import { missingSelector } from "./missingSelector.ts";
import { shadowedEndpoint } from "./shadowedEndpoint.ts";
import { shadowedRule } from "./shadowedRule.ts";
import { sshFailsafe } from "./sshFailsafe.ts";
import { undeclaredPort } from "./undeclaredPort.ts";
import { unknownProfile } from "./unknownProfile.ts";
import { unknownTier } from "./unknownTier.ts";
import { untrackedOneWay } from "./untrackedOneWay.ts";
import { untrackedWildcard } from "./untrackedWildcard.ts";
import { type Check, type LintInput, worldOf } from "./world.ts";

const checks: readonly Check[] = [
  unknownTier,
  unknownProfile,
  missingSelector,
  idlePolicy,
  impossibleSelector,
  shadowedRule,
  shadowedEndpoint,
  emptyAddressSet,
  undeclaredPort,
  sshFailsafe,
  untrackedWildcard,
  untrackedOneWay,
];

/** Sorted by place. docs/lint.md explains each code. */
export function lint(input: LintInput): Problem[] {
  return sortByPlace([...lintInSteps(input)].flat());
}

/** The same check by check, unsorted, for a caller that has other things to do in between: on a large host each takes tens of milliseconds. */
export function* lintInSteps(input: LintInput): Generator<readonly Problem[]> {
  const world = worldOf(input);
  for (const check of checks) yield check(world);
}

export function sortByPlace(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(comparePlaces);
}

function comparePlaces({ place: a }: Problem, { place: b }: Problem): number {
  return compareBytes(a.source, b.source) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
