// docs/settings.md is what the table of settings says; UPDATE_GOLDEN=1 writes it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { settingsDocument } from "../../../agent/settings/document.ts";
import { parseSettings } from "../../../agent/settings/file.ts";
import { settingNames } from "../../../agent/settings/table.ts";

const path = new URL("../../../docs/settings.md", import.meta.url);

test("docs/settings.md is as the table of settings says", () => {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, settingsDocument());
  assert.equal(readFileSync(path, "utf8"), settingsDocument());
});

test("the example in docs/settings.md has only settings that there are", () => {
  const yaml = /```yaml\n(.*?)```/s.exec(settingsDocument())?.[1] ?? "";
  const { entries, problems } = parseSettings(yaml, "example");
  assert.deepEqual(problems, []);
  assert.equal(entries.length, 4);
  for (const { key } of entries)
    assert.ok(
      settingNames.some((name) => name === key),
      key,
    );
});
