// Asks the running kernel what it can do (native/codec/feature.ts says how) and names the Linux version behind each answer. Takes a
// few milliseconds and changes nothing.

import type { EncodedBatch } from "../../native/codec/batch.ts";
import { batchGeneration, encodeDryRun, encodeProbes, type Feature, features, persistentTable, tableOwner } from "../../native/codec/feature.ts";
import { decodeGeneration, generationRequest } from "../../native/codec/generation.ts";
import { readMessages } from "../../native/codec/message.ts";
import { NetlinkSocket } from "../../native/index.ts";
import { NetlinkError } from "../../native/netlinkError.ts";
import { kernelError } from "./refusal.ts";

const ownership: readonly string[] = [tableOwner.name, persistentTable.name];

export interface KernelFeature extends Feature {
  readonly present: boolean;
}

/** @throws KernelError */
export async function probeFeatures(): Promise<readonly KernelFeature[]> {
  let socket: NetlinkSocket | undefined;
  try {
    socket = new NetlinkSocket("netfilter");
    const probes = encodeProbes(1);
    const refusal = await refusalOf(socket, probes);
    const missing = new Set(refusal?.replies.map(({ sequence }) => probes.featureOf(sequence)?.name));
    const other = (await currentGeneration(socket)) ^ 0x40000000;
    const generation = await refusalOf(socket, encodeDryRun({ firstSequence: 1, generation: other }));
    return [
      ...features.map((feature) => ({ ...feature, present: !missing.has(feature.name) })),
      { ...batchGeneration, present: generation?.code === "NETLINK_STALE" },
    ];
  } catch (error) {
    throw kernelError(error);
  } finally {
    socket?.close();
  }
}

/** Whether a table can belong to a socket and outlive it. @throws KernelError */
export async function canOwnTables(): Promise<boolean> {
  const found = await probeFeatures();
  return found.filter(({ name, present }) => present && ownership.includes(name)).length === ownership.length;
}

/** What the kernel has against the batch. */
async function refusalOf(socket: NetlinkSocket, { bytes, lastSequence }: EncodedBatch): Promise<NetlinkError | undefined> {
  try {
    await socket.transact(bytes, lastSequence);
    return undefined;
  } catch (error) {
    if (error instanceof NetlinkError && (error.code === "NETLINK_REFUSED" || error.code === "NETLINK_STALE")) return error;
    throw error;
  }
}

async function currentGeneration(socket: NetlinkSocket): Promise<number> {
  const [answer] = [...readMessages(await socket.request(generationRequest(1)))].map(decodeGeneration);
  return answer?.generation ?? 0;
}
