// Notifications of the ruleset, gathered until the one of the generation that ends each commit: what it touched of which table, and who committed.
// Bytes in, notices out; who listens, and whether one was lost, is the listener's business.

import { decodeGeneration, type Generation } from "../../native/codec/generation.ts";
import { readMessages } from "../../native/codec/message.ts";
import { decodeNotification, type Notification } from "../../native/codec/notification.ts";
import type { Touched } from "./interface.ts";

export interface Notice extends Generation {
  /** Sequence number of the request that this answers; undefined for the notification of a commit. */
  readonly answers: number | undefined;
  /** By table; of one that is not there nothing was touched. */
  readonly touched: ReadonlyMap<string, Touched>;
}

interface Parts {
  readonly chains: Set<string>;
  readonly sets: Set<string>;
}

type Gathered = Map<string, Parts | "table">;

const nothing: Touched = { kind: "nothing" };

/** `portId` is that of the socket on which the bytes come: what it asked for itself is no commit's. */
export function createGatherer(portId: number): (bytes: Uint8Array) => readonly Notice[] {
  let gathered: Gathered = new Map();
  return (bytes) => {
    const notices: Notice[] = [];
    for (const message of readMessages(bytes)) {
      const generation = decodeGeneration(message);
      if (generation === undefined) {
        const notification = decodeNotification(message);
        if (notification !== undefined) gather(gathered, notification);
      } else if (message.portId === portId) {
        // It may have come amid a commit's notifications: what is gathered stays for that one's end.
        notices.push({ ...generation, answers: message.sequence, touched: new Map() });
      } else {
        notices.push({ ...generation, answers: undefined, touched: touchedOf(gathered) });
        gathered = new Map();
      }
    }
    return notices;
  };
}

export function touchedIn(notice: Notice, table: string): Touched {
  return notice.touched.get(table) ?? nothing;
}

function gather(gathered: Gathered, { part, table, name }: Notification): void {
  const held = gathered.get(table);
  if (held === "table") return;
  if (part === "table") {
    gathered.set(table, "table");
    return;
  }
  const parts = held ?? { chains: new Set(), sets: new Set() };
  if (held === undefined) gathered.set(table, parts);
  (part === "chain" ? parts.chains : parts.sets).add(name);
}

function touchedOf(gathered: Gathered): ReadonlyMap<string, Touched> {
  return new Map([...gathered].map(([table, parts]) => [table, parts === "table" ? { kind: "table" } : { kind: "parts", ...parts }]));
}
