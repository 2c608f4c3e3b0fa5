// What `get -o yaml` prints is a manifest that decodes to the very same resource.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { yaml } from "../../../agent/cli/terminal.ts";
import { resourceDocument } from "../../../agent/control/document.ts";
import { readManifest } from "../../../agent/sources/manifest.ts";
import { sameContent } from "../../../agent/store/sameContent.ts";
import { sample } from "../cli/command.ts";

const root = new URL("../../../", import.meta.url);
const texts: readonly (readonly [name: string, text: string])[] = [
  ...Object.entries(sample),
  ...globSync("test/cases/*/input.yaml", { cwd: root }).map((path) => [path, readFileSync(new URL(path, root), "utf8")] as const),
];

test("every resource of the sample and of the corpus survives being printed and read", () => {
  let count = 0;
  for (const [name, text] of texts) {
    for (const resource of readManifest(text, name).resources) {
      const printed = yaml(resourceDocument(resource));
      const { resources, problems } = readManifest(printed, "printed");
      assert.deepEqual(
        problems.filter(({ severity }) => severity === "error"),
        [],
        printed,
      );
      assert.ok(sameContent(resources, [resource]), `${name}:\n${printed}\n${yaml(resources)}`);
      count++;
    }
  }
  assert.ok(count > 100, `${count} resources`);
});
