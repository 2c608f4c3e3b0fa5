// Finds and loads the compiled addon, and says in one sentence what to do when it is not there. The types are what C++ returns: plain data.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface NativeReply {
  readonly sequence: number;
  readonly errno: number;
  readonly attributeOffset: number | undefined;
  readonly message: string | undefined;
}

/** native/src/exchange.h, struct Exchange. */
export interface NativeExchange {
  readonly refusals: readonly NativeReply[];
  readonly messages: Uint8Array;
  readonly acknowledged: boolean;
  readonly done: boolean;
  readonly interrupted: boolean;
  readonly overflowed: boolean;
  readonly syscall: string;
  readonly errno: number;
  readonly sendMicroseconds: number;
}

export type NativeDone = (error: Error | undefined, exchange: NativeExchange) => void;

export interface NativeSocket {
  readonly portId: number;
  transactSync(bytes: Uint8Array, awaited: number): NativeExchange;
  transact(bytes: Uint8Array, awaited: number, done: NativeDone): void;
  dump(request: Uint8Array, done: NativeDone): void;
  close(): void;
}

export interface NativeMonitor {
  readonly portId: number;
  join(group: number): void;
  leave(group: number): void;
  send(request: Uint8Array): void;
  ref(): void;
  unref(): void;
  close(): void;
}

export interface Addon {
  readonly Socket: new (protocol: number, receiveBuffer: number, sendBuffer: number) => NativeSocket;
  readonly Monitor: new (
    protocol: number,
    receiveBuffer: number,
    groups: readonly number[],
    callback: (messages: Uint8Array, overflowed: boolean, syscall: string, errno: number) => void,
  ) => NativeMonitor;
  /** native/src/grace_period.h, PassGracePeriod. */
  gracePeriod(done: (error: Error | undefined, passed: boolean) => void): void;
  notify(address: string, state: string): void;
}

const fileName = "hostward_native.node";

/** From native/ and from a bundle in dist/ the build is one folder up; a package may put the addon beside the bundle or under prebuilds/. */
function candidates(): readonly string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  return [join(here, "..", "build", "Release", fileName), join(here, fileName), join(here, "..", "prebuilds", `linux-${process.arch}`, fileName)];
}

/** HOSTWARD_NATIVE names another build of the addon: a sanitised one, or one unpacked from a single executable. */
export function loadAddon(): Addon {
  const named = process.env["HOSTWARD_NATIVE"];
  const places = named === undefined ? candidates() : [named];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`the native addon is not built: run npm run build:native (looked for ${places.join(", ")})`);
  return createRequire(import.meta.url)(found) as Addon;
}
