// What is valid and yet suspicious about what passes enforce, as problems for log and status. Looked for when passes have come to rest, since no rule
// waits for a warning and a thorough look at a large host takes a while; other work goes on between its steps.

import { setImmediate as nextTurn } from "node:timers/promises";
import { lintInSteps, sortByPlace } from "../../rules/lint/lint.ts";
import type { SshAccess } from "../../rules/lint/world.ts";
import type { Problem } from "../../rules/model/problem.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import { sameContent } from "../store/sameContent.ts";
import type { CompiledPass } from "./pass.ts";

export interface WarningsOptions {
  readonly ssh: SshAccess;
  /** All of them, when they are others than before. */
  onWarnings(problems: readonly Problem[]): void;
  /** Milliseconds without a pass before the look. */
  readonly rest?: number;
}

export interface Warnings {
  /** What the last pass was about. */
  consider(pass: Considered): void;
  close(): void;
}

/** No more than the look needs: it is kept for as long as nothing else is considered, and all that a pass has read and sent may be a hundred megabytes. */
type Considered = Pick<CompiledPass, "input" | "resolved">;

const defaultRest = 200;

export function createWarnings({ ssh, onWarnings, rest = defaultRest }: WarningsOptions): Warnings {
  let considered: CompiledPass["input"] | undefined;
  let latest: Considered | undefined;
  let told: readonly Problem[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function look(pass: Considered): Promise<void> {
    const problems = await problemsOf(pass, ssh, () => latest === pass);
    if (problems === undefined) return;
    considered = pass.input;
    if (sameContent(problems, told)) return;
    told = problems;
    onWarnings(told);
  }

  return {
    consider({ input, resolved }) {
      if (considered !== undefined && isAbout(input, considered)) return;
      const pass = { input, resolved };
      latest = pass;
      clearTimeout(timer);
      timer = setTimeout(() => void look(pass), rest);
    },
    close() {
      latest = undefined;
      clearTimeout(timer);
    },
  };
}

function isAbout(input: CompiledPass["input"], other: CompiledPass["input"]): boolean {
  return input.snapshot === other.snapshot && input.node === other.node && sameContent(input.settings, other.settings);
}

/** Undefined when it was overtaken. */
async function problemsOf({ input, resolved }: Considered, ssh: SshAccess, isLatest: () => boolean): Promise<readonly Problem[] | undefined> {
  const { node, snapshot, settings } = input;
  const found: Problem[] = [];
  for (const problems of lintInSteps({ node, settings, resolved, ssh, resources: snapshot.resources })) {
    found.push(...problems);
    await nextTurn();
    if (!isLatest()) return undefined;
  }
  return [...sortByPlace(found), ...ipvs(snapshot.interfaces)];
}

/** The dummy interface on which kube-proxy keeps its services' addresses in IPVS mode. */
const ipvsInterface = "kube-ipvs0";

/** Semantics 0, row 28: IPVS hands service traffic on past the hooks where policy expects it. */
function ipvs(interfaces: readonly Interface[]): Problem[] {
  if (!interfaces.some(({ name }) => name === ipvsInterface)) return [];
  const message = `${ipvsInterface} is there: kube-proxy runs in IPVS mode, which is not supported; traffic to services may be judged otherwise than policy says`;
  return [{ code: "kube-proxy-ipvs", severity: "warning", place: { source: "interfaces" }, message, hint: "run kube-proxy in nftables or iptables mode" }];
}
