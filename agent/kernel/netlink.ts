// The real kernel: reads the table by dumps, commits batches, hears of changes, all over one netlink socket of its own and another one that
// listens. The only importer of native/ besides its siblings here; what the messages look like is native/codec's.

import { setTimeout as sleep } from "node:timers/promises";
import { NFT_MSG_NEWRULE } from "../../native/codec/constants.ts";
import { encodeDryRun } from "../../native/codec/feature.ts";
import { decodeGeneration, type Generation, generationRequest } from "../../native/codec/generation.ts";
import { readMessages, tablesType } from "../../native/codec/message.ts";
import { ruleHandle } from "../../native/codec/rule.ts";
import { decodeTable, type ListedTable, tableRequest } from "../../native/codec/table.ts";
import { largeBatch, NetlinkSocket, passGracePeriod } from "../../native/index.ts";
import { describeOperation } from "../../rules/diff/plan.ts";
import type { Actual, Batch } from "../../rules/diff/types.ts";
import { type Echoes, type Edits, editedChains, planEdits, surelyChanges, touchedBy } from "./edits.ts";
import { canOwnTables } from "./features.ts";
import { following } from "./generations.ts";
import { type Handles, RuleHandles } from "./handles.ts";
import { type CommitOptions, type Committed, type Kernel, KernelError, type KernelEvent, type Ownership, type Reading, type Touched } from "./interface.ts";
import { RulesetListener } from "./listener.ts";
import { type Asking, isMissing, type Listing, listHandles, listTable, listTouched } from "./listing.ts";
import { type Notice, touchedIn } from "./notices.ts";
import { type EncodedOperations, encodeOperations } from "./operations.ts";
import { kernelError } from "./refusal.ts";
import { Room } from "./room.ts";
import { Spacing } from "./spacing.ts";

/** What the kernel layer needs of a NetlinkSocket. Tests put one between that has faults. */
export type KernelSocket = Pick<NetlinkSocket, "portId" | "transact" | "dump" | "request" | "close">;

/** What was read at some time, and what was touched since. */
interface Since {
  readonly actual: Actual;
  readonly touched: Touched;
}

interface Watcher {
  readonly table: string;
  readonly listener: (event: KernelEvent) => void;
}

/** How often a table is read again because the ruleset changed meanwhile, with a millisecond more of patience each time. */
const READ_ATTEMPTS = 20;

/**
 * @param waiting for a grace period; resolves with false where the system does not do it without the help of nf_tables
 * @throws KernelError where there is no netlink socket to be had
 */
export function openNetlinkKernel(socket?: KernelSocket, waiting = passGracePeriod): Kernel {
  try {
    return new NetlinkKernel(socket ?? new NetlinkSocket("netfilter"), waiting);
  } catch (error) {
    throw kernelError(error);
  }
}

class NetlinkKernel implements Kernel {
  readonly #socket: KernelSocket;
  readonly #asking: Asking;
  readonly #handles = new RuleHandles();
  readonly #watchers = new Set<Watcher>();
  #listener: RulesetListener | undefined;
  #sequence = 0;
  readonly #spacing: Spacing;
  readonly #room = new Room();

  constructor(socket: KernelSocket, waiting: typeof passGracePeriod) {
    this.#socket = socket;
    this.#spacing = new Spacing({ pass: waiting, force: () => this.#throwAway() });
    this.#asking = {
      dump: (request) => socket.dump(request(this.#next())),
      request: (request) => socket.request(request(this.#next())),
    };
  }

  async generation(): Promise<number> {
    return (await translated(this.#generation())).generation;
  }

  canOwn(): Promise<boolean> {
    return canOwnTables();
  }

  async read(table: string, since?: Since): Promise<Reading> {
    if (since !== undefined) {
      const reading = await this.#attempt(table, (head) => this.#listSince(head, since));
      if (reading) return reading;
    }
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
      const reading = await this.#attempt(table, () => listTable(this.#asking, table));
      if (reading) return reading;
      await sleep(attempt);
    }
    throw new KernelError("stale", `the ruleset changed during each of ${READ_ATTEMPTS} attempts to read table inet ${table}`);
  }

  async commit(batch: Batch, { generation, apartFrom = "everybody" }: CommitOptions = {}): Promise<Committed> {
    if (batch.operations.length === 0) return this.#nothing(generation);
    await translated(this.#spacing.wait(apartFrom, generation ?? (await this.generation())));
    const edited = editedChains(batch);
    const pinned = generation ?? (edited.size > 0 ? await this.generation() : undefined);
    if (pinned !== undefined) await this.#learnHandles(batch.table, edited, pinned);
    const start = performance.now();
    const edits = planEdits(batch, (chain) => (pinned === undefined ? undefined : this.#handles.of(batch.table, chain)));
    const encoded = this.#encode(batch, edits, pinned);
    const encodeMicroseconds = (performance.now() - start) * 1000;
    try {
      const committed = { ...(await this.#send(batch, edits, { encoded, pinned })), encodeMicroseconds };
      this.#spacing.landed(committed.generation);
      return committed;
    } catch (error) {
      this.#handles.forgetAll();
      throw kernelError(error, encoded);
    } finally {
      this.#room.giveBack(encoded.bytes);
    }
  }

  /** A batch, and so a grace period (__nf_tables_abort), in which all others wait with their commits. */
  async #throwAway(): Promise<void> {
    const { bytes, offsets, lastSequence } = encodeDryRun({ firstSequence: this.#next() });
    this.#sequence += offsets.length;
    await this.#socket.transact(bytes, lastSequence, "long");
  }

  watch(table: string, listener: (event: KernelEvent) => void): () => void {
    const watcher: Watcher = { table, listener };
    this.#watchers.add(watcher);
    try {
      this.#listener ??= new RulesetListener({ heard: (notice) => this.#heard(notice), lost: () => this.#lost() });
    } catch (error) {
      throw kernelError(error);
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#stopListening();
    };
  }

  close(): void {
    this.#watchers.clear();
    this.#stopListening();
    this.#socket.close();
  }

  #stopListening(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  #heard(notice: Notice): void {
    const { generation, processId, processName } = notice;
    this.#handles.moved(generation, notice.touched);
    this.#spacing.heard(generation);
    for (const { table, listener } of [...this.#watchers])
      listener({ kind: "generation", generation, processId, processName, touched: touchedIn(notice, table) });
  }

  #lost(): void {
    this.#handles.forgetAll();
    for (const { listener } of [...this.#watchers]) listener({ kind: "overflow" });
  }

  async #nothing(generation: number | undefined): Promise<Committed> {
    return { generation: generation ?? (await this.generation()), messages: 0, bytes: 0, encodeMicroseconds: 0, sendMicroseconds: 0 };
  }

  /** One look at the table; undefined where the ruleset changed meanwhile. */
  async #attempt(table: string, list: (head: ListedTable) => Promise<Listing | undefined>): Promise<Reading | undefined> {
    const generation = await this.generation();
    const listed = await translated(this.#look(table, list));
    if (listed === undefined || (await this.generation()) !== generation) return undefined;
    if (listed === "missing") return { generation, actual: undefined, ownership: "nobody" };
    this.#learn(table, generation, listed.listing.handles);
    return { generation, actual: asleepOrNot(listed.listing.actual, listed.head), ownership: this.#ownership(listed.head) };
  }

  /** Undefined: the table went away while it was being read. */
  async #look(table: string, list: (head: ListedTable) => Promise<Listing | undefined>) {
    const head = await this.#table(table);
    if (head === undefined) return "missing";
    try {
      const listing = await list(head);
      return listing && { head, listing };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #table(name: string): Promise<ListedTable | undefined> {
    try {
      for (const { attributes } of readMessages(await this.#asking.request((sequence) => tableRequest(name, sequence)))) return decodeTable(attributes);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return undefined;
  }

  /** Undefined where everything has to be looked at: it is cheaper when nearly everything was touched, and needed when a chain came. */
  async #listSince({ name }: ListedTable, { actual, touched }: Since): Promise<Listing | undefined> {
    if (touched.kind === "nothing") return { actual, handles: new Map() };
    const parts = actual.chains.length + actual.sets.length + actual.maps.length;
    if (touched.kind === "table" || touched.chains.size + touched.sets.size > 8 + parts / 2) return undefined;
    const listing = await listTouched(this.#asking, name, { actual, touched });
    return hasNewChain(listing.actual, actual) ? undefined : listing;
  }

  /** What has lost its owner keeps PERSIST alone (nft_rcv_nl_event, nft_table_is_orphan). */
  #ownership({ owner, persist, ownerPortId }: ListedTable): Ownership {
    if (owner) return ownerPortId === this.#socket.portId ? "us" : "other";
    return persist ? "orphan" : "nobody";
  }

  /** Whatever changes before the batch is committed makes it stale, since it is pinned. */
  async #learnHandles(table: string, chains: ReadonlySet<string>, generation: number): Promise<void> {
    this.#handles.at(generation);
    for (const chain of chains) {
      if (this.#handles.of(table, chain) === undefined) this.#handles.learn(table, chain, await translated(listHandles(this.#asking, table, chain)));
    }
  }

  #encode(batch: Batch, { asksEcho }: Edits, generation: number | undefined): EncodedOperations {
    const options = { firstSequence: this.#next(), room: this.#room.take(), ...(generation === undefined ? {} : { generation }) };
    const encoding = encodeOperations(batch, options, { handlesOf: (chain) => this.#handles.of(batch.table, chain), asksEcho });
    if (encoding.ok) {
      this.#sequence += encoding.encoded.offsets.length;
      return encoding.encoded;
    }
    const { operation, error } = encoding;
    if (error === undefined) throw new KernelError("stale", `${describeOperation(operation)}: the chain has no rule there`, { operation });
    throw new KernelError("refused", `${describeOperation(operation)}: no netlink message can carry it: ${error.message}`, { operation, cause: error });
  }

  async #send(batch: Batch, edits: Edits, { encoded, pinned }: { readonly encoded: EncodedOperations; readonly pinned: number | undefined }) {
    const touched = new Map([[batch.table, touchedBy(batch)]]);
    const isSure = surelyChanges(batch);
    const transact = () => this.#socket.transact(encoded.bytes, encoded.lastSequence);
    const sent = await (encoded.bytes.length > largeBatch && this.#listener ? this.#listener.deaf(isSure ? touched : undefined, transact) : transact());
    const generation = isSure && pinned !== undefined ? following(pinned) : await this.#generationAfter(pinned);
    // Somebody else's commit may be the one that has raised the generation by one.
    if (!isSure && pinned === undefined) this.#handles.forgetAll();
    else this.#handles.moved(generation, touched);
    if (pinned !== undefined) this.#learn(batch.table, generation, edits.after(echoesIn(sent.messages, encoded)));
    return { generation, messages: encoded.offsets.length, bytes: encoded.bytes.length, sendMicroseconds: sent.sendMicroseconds };
  }

  /** Of a batch that may have changed nothing, or that was not pinned. */
  async #generationAfter(pinned: number | undefined): Promise<number> {
    const { generation } = await this.#generation();
    return pinned === undefined || generation === pinned ? generation : following(pinned);
  }

  #learn(table: string, generation: number, chains: ReadonlyMap<string, Handles>): void {
    this.#handles.at(generation);
    for (const [chain, handles] of chains) this.#handles.learn(table, chain, handles);
  }

  async #generation(): Promise<Generation> {
    for (const message of readMessages(await this.#asking.request(generationRequest))) {
      const generation = decodeGeneration(message);
      if (generation) return generation;
    }
    throw new KernelError("socket", "the kernel answered GETGEN with something else");
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }
}

/** Its base chains are there and see no packets: that is said of the table, not of its parts. */
function asleepOrNot(actual: Actual, { dormant }: ListedTable): Actual {
  if (dormant === (actual.dormant === true)) return actual;
  const { chains, sets, maps } = actual;
  return { chains, sets, maps, ...(dormant ? { dormant } : {}) };
}

/** It may be one of those before under another name: the notification of a rename tells the new one alone (nf_tables_updchain, nf_tables_chain_notify). */
function hasNewChain(now: Actual, before: Actual): boolean {
  const names = new Set(before.chains.map(({ name }) => name));
  return now.chains.some(({ name }) => !names.has(name));
}

function echoesIn(messages: Uint8Array, encoded: EncodedOperations): Echoes {
  const echoes = new Map<number, number>();
  for (const { type, sequence, attributes } of readMessages(messages)) {
    const index = type === tablesType(NFT_MSG_NEWRULE) ? encoded.indexOf(sequence) : undefined;
    if (index !== undefined) echoes.set(index, ruleHandle(attributes));
  }
  return echoes;
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw kernelError(error);
  }
}
