// What `hostward explain` prints: both judgements of a packet, for people as two trees and a verdict in words at the end, where a terminal shows it,
// and for programs as JSON.

import { styleText } from "node:util";
import { stringify } from "yaml";
import { originText } from "../../rules/explain/agreement.ts";
import { findWritten } from "../../rules/explain/originPlace.ts";
import { formatPacket } from "../../rules/explain/packet.ts";
import { decisiveStep, type TraceLine, traceLines } from "../../rules/explain/trace.ts";
import type { Judgement, Packet, Step } from "../../rules/explain/types.ts";
import type { Place } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import type { Origin } from "../../rules/ruleset/types.ts";
import { resourceDocument } from "../control/document.ts";
import { exitCodes } from "./exit.ts";

export interface Explanation {
  readonly node: string;
  readonly packet: Packet;
  /** Of a flow line that states what shall come out. */
  readonly expected?: { readonly verdict: Judgement["verdict"]; readonly by: string | undefined };
  readonly meant: Judgement;
  readonly compiled: Judgement;
  /** Between the two; undefined when they agree. */
  readonly difference: string | undefined;
  readonly resources: readonly Resource[];
}

export function explanationText(explanation: Explanation, full: boolean): string {
  const { node, packet, meant, compiled, resources } = explanation;
  const noteOf = (origin: Origin) => (origin.index === undefined ? undefined : placeText(findWritten(origin, resources)?.place));
  const trees = [
    heading("By policy"),
    ...traceLines(meant, { full, noteOf }).map((line) => styled(line, meant.verdict)),
    "",
    heading("In the ruleset"),
    ...rulesetLines(compiled, full),
  ];
  return [`${formatPacket(packet)}   on ${node}`, "", ...trees, "", ...verdictLines(explanation)].join("\n");
}

function rulesetLines(compiled: Judgement, full: boolean): string[] {
  if (compiled.path.length === 0) return [style("dim", "no chain of hostward is at the hooks that it passes")];
  return traceLines(compiled, { full, noteOf: () => undefined }).map((line) => styled(line, compiled.verdict));
}

/** Without colours too it must be seen at once what decided. */
function styled({ text, weight }: TraceLine, verdict: Judgement["verdict"]): string {
  switch (weight) {
    case "decisive":
      return `${style("bold", text)} ${style(colours[verdict], `<== ${verdict}`)}`;
    case "way":
      return text;
    case "aside":
      return style("dim", text);
  }
}

const colours = { allow: "green", deny: "red" } as const;
const words = { allow: "ALLOWED", deny: "DENIED" } as const;

function verdictLines({ meant, resources }: Explanation): string[] {
  const { verdict, decidedBy } = meant;
  const word = style(["bold", colours[verdict]], words[verdict]);
  const indent = " ".repeat(words[verdict].length + 1);
  const notes = verdict === "allow" ? [style("dim", `${indent}another table of this host may still drop it`)] : [];
  if (decidedBy === undefined) return [`${word}: no rule of hostward decides about it`, ...notes];
  const written = findWritten(decidedBy, resources);
  const place = placeText(written?.place) ?? (decidedBy.index === undefined ? undefined : "built in");
  const reason = written?.rule === undefined ? (decisiveStep(meant)?.text ?? "") : ruleText(written.resource, decidedBy);
  return [`${word} by ${originText(decidedBy)}${place === undefined ? "" : ` (${place})`}`, `${indent}${reason}`, ...notes];
}

/** The rule as a manifest would have it, on one line. */
function ruleText(resource: Resource, { direction = "ingress", index = 0 }: Origin): string {
  const rules = resourceDocument(resource).spec[direction];
  return stringify(Array.isArray(rules) ? rules[index] : undefined, { version: "1.1", collectionStyle: "flow", lineWidth: 0 }).trim();
}

function placeText(place: Place | undefined): string | undefined {
  if (place === undefined) return undefined;
  return place.line === undefined ? place.source : `${place.source}:${place.line}`;
}

type Style = Parameters<typeof styleText>[0];

function style(format: Style, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

function heading(text: string): string {
  return style("underline", text);
}

export function explanationJson(explanation: Explanation): object {
  const { node, packet, meant, compiled, difference, resources } = explanation;
  const describe = (origin: Origin) => {
    const place = findWritten(origin, resources)?.place;
    return { ...origin, ...(place === undefined ? {} : { place }) };
  };
  const steps = (path: readonly Step[]): object[] =>
    path.map(({ text, origin, missed, steps: inner }) => ({
      text,
      ...(origin === undefined ? {} : { origin: describe(origin) }),
      ...(missed === undefined ? {} : { matched: false }),
      ...(inner.length === 0 ? {} : { steps: steps(inner) }),
    }));
  const judgement = ({ verdict, decidedBy, path }: Judgement) => ({
    verdict,
    decidedBy: decidedBy === undefined ? null : describe(decidedBy),
    path: steps(path),
  });
  const unmet = unmetExpectation(explanation);
  return {
    node,
    flow: formatPacket(packet),
    verdict: meant.verdict,
    decidedBy: meant.decidedBy === undefined ? null : describe(meant.decidedBy),
    agree: difference === undefined,
    ...(difference === undefined ? {} : { difference }),
    ...(unmet === undefined ? {} : { unmet }),
    policy: judgement(meant),
    ruleset: judgement(compiled),
  };
}

/** What an explanation complains of, and the exit code for it; undefined when all is as it should be. */
export function complaintOf(explanation: Explanation): { readonly text: string; readonly exitCode: number } | undefined {
  const { difference, packet } = explanation;
  if (difference !== undefined) {
    const plea = "This is a defect of hostward: please report it with the manifests and this flow:";
    return { text: `POLICY AND RULESET DIFFER: ${difference}.\n${plea}\n  ${formatPacket(packet)}`, exitCode: exitCodes.differ };
  }
  const unmet = unmetExpectation(explanation);
  return unmet === undefined ? undefined : { text: unmet, exitCode: exitCodes.problems };
}

/** `by` holds when its words stand side by side in the deciding rule's label, as in the corpus. */
function unmetExpectation({ expected, meant: { verdict, decidedBy } }: Explanation): string | undefined {
  if (expected === undefined) return undefined;
  const label = decidedBy === undefined ? "no rule" : originText(decidedBy);
  const holds = expected.by === undefined || ` ${label.replace(": ", " ")} `.includes(` ${expected.by} `);
  if (verdict === expected.verdict && holds) return undefined;
  return `expected ${expected.verdict}${expected.by === undefined ? "" : ` by ${expected.by}`}, and it is ${verdict} by ${label}`;
}
