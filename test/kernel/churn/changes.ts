// Every kind of change that a host can see, each as a new choice of what world.ts leaves open.

import type { Random } from "./random.ts";
import { type Choices, coverings, start } from "./world.ts";

type Change = (choices: Choices, random: Random) => Partial<Choices>;

function toggled<T>(list: readonly T[], one: T): readonly T[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}

function other<T>(all: readonly T[], than: T, random: Random): T {
  return random.pick(all.filter((one) => one !== than));
}

/** Of a policy among others, so that each next one puts it before or behind one that says the opposite of something, in either tier. */
const orders = [5, 120, 6, 250, 7, 500];

/** More rules alike than are left as they are (rules/optimise). */
const manyFillers = Array.from({ length: 60 }, (_, index) => 4000 + index);

const changes = {
  "member of a hash set": ({ hash }, random) => ({ hash: toggled(hash, `172.16.1.${random.below(60)}`) }),
  "many members of a hash set": (_, random) => ({ hash: Array.from({ length: 150 }, (_, index) => `172.16.${2 + random.below(3)}.${index}`) }),
  "range of an interval set": ({ interval }, random) => ({ interval: toggled(interval, `172.17.${random.below(60)}.0/25`) }),
  "many ranges of an interval set": (_, random) => ({ interval: Array.from({ length: 150 }, (_, index) => `172.${17 + random.below(2)}.${index}.0/25`) }),
  "ranges that overlap those before": ({ covering }, random) => ({ covering: other([...coverings.keys()], covering, random) }),
  "hash set to interval set or back": ({ hasWideNet }) => ({ hasWideNet: !hasWideNet }),
  "set beyond its capacity or back": ({ crowd }, random) => ({ crowd: other([10, 400, 3000], crowd, random) }),
  "rule added": ({ fillers }, random) => ({ fillers: fillers.toSpliced(random.below(fillers.length + 1), 0, 4000 + random.below(900)) }),
  "rule removed": ({ fillers }, random) => ({ fillers: fillers.length < 2 ? start.fillers : fillers.toSpliced(random.below(fillers.length), 1) }),
  "run of rules added or removed": ({ fillers }) => ({ fillers: fillers.length > 16 ? start.fillers : manyFillers }),
  "rule changed": ({ rewritten }) => ({ rewritten: (rewritten + 1) % 400 }),
  "policy added or removed": ({ extras }, random) => ({ extras: toggled(extras, random.pick(["one", "two", "three", "four"])) }),
  "policies for forwarded packets or not": ({ forwardsExtras, extras }) => ({
    forwardsExtras: !forwardsExtras,
    extras: extras.length === 0 ? start.extras : extras,
  }),
  "policies in another order": ({ extras }) => ({ extras: extras.length < 2 ? ["three", "one", "two"] : [...extras.slice(1), ...extras.slice(0, 1)] }),
  "policy before or behind others": ({ movingOrder }) => ({ movingOrder: orders[(orders.indexOf(movingOrder) + 1) % orders.length] ?? 0 }),
  "policy in another tier": ({ movingTier }, random) => ({ movingTier: other(["alpha", "beta"], movingTier, random) }),
  "policy in place of another": ({ turn }) => ({ turn: turn === "a" ? "b" : "a" }),
  "member in place of a rule": ({ byMember }) => ({ byMember: !byMember }),
  "range in place of a rule": ({ byRange }) => ({ byRange: !byRange }),
  "endpoint added or removed": ({ hasEndpoint }) => ({ hasEndpoint: !hasEndpoint, endpointInterface: "eth0" }),
  "endpoint on another interface": ({ endpointInterface }) => ({ hasEndpoint: true, endpointInterface: endpointInterface === "eth0" ? "eth7" : "eth0" }),
  "label of an endpoint": ({ label }) => ({ label: label === "plain" ? "special" : "plain" }),
  "interface added or removed": ({ interfaces }, random) => ({ interfaces: toggled(interfaces, random.pick(["far1", "far2", "far3"])) }),
  "interface renamed": ({ interfaces: [name, ...rest] }) => ({ interfaces: [name === "far0" ? "renamed0" : "far0", ...rest] }),
  "profile changed": ({ profilePort }, random) => ({ profilePort: other([5001, 5002, 5003], profilePort, random) }),
  "failsafes changed": ({ failsafePort }, random) => ({ failsafePort: other([9001, 9002, 9003], failsafePort, random) }),
  "deny action changed": ({ denyAction }) => ({ denyAction: denyAction === "Drop" ? "Reject" : "Drop" }),
  "tier added or removed": ({ hasTier }) => ({ hasTier: !hasTier }),
  "pre-DNAT policy added or removed": ({ hasEarly }) => ({ hasEarly: !hasEarly }),
  "untracked policy added or removed": ({ hasUntracked }) => ({ hasUntracked: !hasUntracked }),
  "optimisation switched": ({ optimise, fillers }) => ({ optimise: !optimise, fillers: fillers.length > 16 ? fillers : manyFillers }),
} satisfies Readonly<Record<string, Change>>;

export type ChangeKind = keyof typeof changes;

export const changeKinds = Object.keys(changes) as readonly ChangeKind[];

/** That many changes in random order, each kind at least the given times. */
export function drawKinds(count: number, atLeast: number, random: Random): readonly ChangeKind[] {
  const certain = changeKinds.flatMap((kind) => Array.from({ length: atLeast }, () => kind));
  const others = Array.from({ length: Math.max(0, count - certain.length) }, () => random.pick(changeKinds));
  return random.shuffle([...certain, ...others]);
}

export function change(choices: Choices, kind: ChangeKind, random: Random): Choices {
  const step: Change = changes[kind];
  return { ...choices, ...step(choices, random) };
}
