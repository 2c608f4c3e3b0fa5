// What is in force of a manifest file as the text of one that has no errors: chunks as they are written where all of it counts, and otherwise each
// resource that counts as a document of its own, by its value. Whoever reads it comes to the same resources.

import type { Resource } from "../../rules/model/types.ts";
import { decodeItems, type ReadChunk } from "./decodeChunk.ts";
import { errorsOf, type FileState, type Written } from "./lastGood.ts";
import { resourceKey } from "./source.ts";
import { readChunk } from "./yaml.ts";

/** Of a file that could be read. */
export function lastGoodText({ chunks, kept }: Pick<FileState, "chunks" | "kept">): string {
  const live = chunks.map((chunk) => (errorsOf(chunk).length === 0 ? ended(chunk.text) : documentsOf(chunk, chunk.resources)));
  const before = Array.from(
    Map.groupBy(kept, ({ chunk }) => chunk),
    ([chunk, written]) => documentsOf(chunk, resourcesOf(written)),
  );
  return [...live, ...before].join("");
}

function resourcesOf(written: readonly Written[]): readonly Resource[] {
  return written.map(({ resource }) => resource);
}

/** The next chunk begins a line. */
function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Of several with one name the first, which is the one that counts. */
function documentsOf(chunk: ReadChunk, resources: readonly Resource[]): string {
  const missing = new Set(resources.map(resourceKey));
  let text = "";
  for (const document of readChunk(chunk, "")) {
    for (const { value, decoded } of decodeItems(document)) {
      if (decoded.resource !== undefined && missing.delete(resourceKey(decoded.resource))) text += `---\n${JSON.stringify(value)}\n`;
    }
  }
  return text;
}
