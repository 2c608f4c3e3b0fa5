// Manifests with one thing wrong, and the test that each gets exactly the messages it should.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readManifest } from "../../../agent/sources/manifest.ts";
import { formatProblem } from "../../../rules/model/problem.ts";

/** Messages as `hostward check` prints them, without the file's name. */
export type Row = readonly [sentence: string, manifest: string, messages: readonly string[]];

export function checkMessages(rows: readonly Row[]): void {
  for (const [sentence, manifest, messages] of rows) {
    test(`answers ${sentence}`, () => {
      const { resources, problems } = readManifest(manifest, "f");
      assert.deepEqual(
        problems.map((problem) => formatProblem(problem).replace(/^f:/, "")),
        messages,
      );
      assert.equal(resources.length > 0 && problems.some(({ severity }) => severity === "error"), false, "a resource with an error was let through");
    });
  }
}

/** A resource of the kind with this spec, given as lines of YAML; the spec's first line is line 6. */
export function resource(kind: string, spec: string, name = "x"): string {
  return `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec:\n${indent(spec, 2)}`;
}

/** A HostEndpoint with a node; the lines begin at line 7. */
export function endpoint(lines: string): string {
  return resource("HostEndpoint", `node: n\n${lines}`);
}

export function policy(lines: string): string {
  return resource("GlobalNetworkPolicy", lines);
}

/** A policy with one ingress rule of these lines, the first of which is line 7. */
export function ingress(lines: string): string {
  return policy(`ingress:\n- ${indent(lines, 2).trimStart()}`);
}

function indent(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(by));
}
