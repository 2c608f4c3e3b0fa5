// Imported into the daemon by the memory scenario (`--import`): at SIGUSR2 the heap is collected and its sizes written to /run, which is the lab's own.

import { renameSync, writeFileSync } from "node:fs";

process.on("SIGUSR2", () => {
  globalThis.gc?.();
  const file = `/run/hostward-heap-${process.pid}`;
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
  renameSync(`${file}.new`, file);
});
