// What is in force of a manifest file as the text of one that has no errors: chunks as they are written where all of it counts, and otherwise each
// resource that counts as a document of its own, by its value. Whoever reads it comes to the same resources.

import { decodeResource } from "../../rules/model/decode.ts";
import type { Resource } from "../../rules/model/types.ts";
import { type ReadChunk, unfold } from "./decodeChunk.ts";
import { errorsOf, type FileState } from "./lastGood.ts";
import { resourceKey } from "./source.ts";
import { readChunk } from "./yaml.ts";

export function lastGoodText(state: Pick<FileState, "live" | "kept" | "chunks">): string {
  const live = state.live.length === 0 ? [] : state.chunks;
  const texts = live.map((chunk) => (errorsOf(chunk).length === 0 ? ended(chunk.text) : documentsOf(chunk, chunk.resources)));
  const kept = Map.groupBy(state.kept, ({ chunk }) => chunk);
  for (const [chunk, written] of kept) {
    texts.push(
      documentsOf(
        chunk,
        written.map(({ resource }) => resource),
      ),
    );
  }
  return texts.join("");
}

/** The next chunk begins a line. */
function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Of several with one name the first, which is the one that counts. */
function documentsOf(chunk: ReadChunk, resources: readonly Resource[]): string {
  const missing = new Set(resources.map(resourceKey));
  let text = "";
  for (const { value: whole, locate } of readChunk(chunk, "")) {
    for (const { value, path } of unfold(whole)) {
      const { resource } = decodeResource(value, (within, spot) => locate([...path, ...within], spot));
      if (resource !== undefined && missing.delete(resourceKey(resource))) text += `---\n${JSON.stringify(value)}\n`;
    }
  }
  return text;
}
