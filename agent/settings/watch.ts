// Tells when the settings file may say something else than when it was last read. Its directory is watched, since an editor puts a new file in
// the old one's place. What the file says is not known here.

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Watcher, type WatchTiming, watchPath } from "../sources/watcher.ts";

export interface SettingsWatchOptions {
  readonly path: string;
  /** Another content than at the last look, or it can no longer be read, or can again. Also after the first look: settings may be older. */
  onChange(): void;
  readonly timing?: WatchTiming;
}

export function watchSettingsFile({ path, onChange, timing }: SettingsWatchOptions): Watcher {
  let known: string | undefined;
  return watchPath({
    path: dirname(path),
    ...(timing && { timing }),
    async look(isClosed) {
      const content = await contentOf(path);
      const isNew = content !== known;
      known = content;
      if (isNew && !isClosed()) onChange();
      return "seen";
    },
  });
}

/** The bytes, whatever they are, or why there are none; the two cannot be equal. */
function contentOf(path: string): Promise<string> {
  return readFile(path).then(
    (bytes) => `read ${bytes.toString("latin1")}`,
    (error: unknown) => `unreadable ${String(error)}`,
  );
}
