// Listens to the notifications of every commit in the network namespace, and sees to it that none is lost in silence: each commit's generation
// follows the one before it. A listener makes a large commit two to three times dearer (the kernel writes a message for each element), so it can
// be deaf for the time of one: afterwards its own socket asks for the generation, and the answer, which stands among the notifications where it
// belongs, shows whether anybody else committed meanwhile.

import { NFNLGRP_NFTABLES } from "../../native/codec/constants.ts";
import { generationRequest } from "../../native/codec/generation.ts";
import { NetlinkMonitor } from "../../native/index.ts";
import { following, isAfter } from "./generations.ts";
import type { Touched } from "./interface.ts";
import { createGatherer, type Notice } from "./notices.ts";

export interface Hearing {
  heard(notice: Notice): void;
  /** Notifications were lost. */
  lost(): void;
}

/** What a commit of ours has touched; undefined when none has landed, or none is known to. */
export type Landed = ReadonlyMap<string, Touched> | undefined;

const reopenMilliseconds = 1000;

export class RulesetListener {
  readonly #hearing: Hearing;
  #monitor: NetlinkMonitor;
  #isClosed = false;
  #reopening: NodeJS.Timeout | undefined;
  /** The last generation that was heard of. */
  #last: number | undefined;
  #sequence = 0;
  /** Commits that were not listened to, by the sequence number of the question that followed. */
  readonly #unheard = new Map<number, Landed>();

  /** @throws NetlinkError */
  constructor(hearing: Hearing) {
    this.#hearing = hearing;
    this.#monitor = this.#open();
  }

  /** Does the work, a commit that touches `landing`, without listening. What others commit meanwhile is told as lost. */
  async deaf<T>(landing: Landed, work: () => Promise<T>): Promise<T> {
    try {
      this.#monitor.leave(NFNLGRP_NFTABLES);
    } catch {
      return work();
    }
    let landed: Landed;
    try {
      const done = await work();
      landed = landing;
      return done;
    } finally {
      this.#rejoin(landed);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#reopening);
    this.#monitor.close();
  }

  #open(): NetlinkMonitor {
    this.#last = undefined;
    const lost = (): void => this.#hearing.lost();
    const monitor = new NetlinkMonitor("netfilter", [NFNLGRP_NFTABLES], {
      messages: (bytes) => {
        for (const notice of gathered(bytes)) this.#hear(notice);
      },
      overflow: () => {
        this.#last = undefined;
        lost();
        this.#askAgain();
      },
      failed: () => this.#reopen(),
    });
    const gathered = createGatherer(monitor.portId);
    this.#ask(monitor);
    return monitor;
  }

  /** A socket that failed is deaf for good. */
  #reopen(): void {
    this.#monitor.close();
    if (this.#isClosed) return;
    this.#hearing.lost();
    this.#reopening = setTimeout(() => {
      try {
        this.#monitor = this.#open();
        this.#hearing.lost();
      } catch {
        this.#reopen();
      }
    }, reopenMilliseconds).unref();
  }

  /** What was lost may have been the generation that comes next. */
  #askAgain(): void {
    try {
      if (!this.#isClosed) this.#ask();
    } catch {
      this.#reopen();
    }
  }

  #rejoin(landed: Landed): void {
    try {
      this.#monitor.join(NFNLGRP_NFTABLES);
      this.#unheard.set(this.#ask(), landed);
    } catch {
      this.#reopen();
    }
  }

  /** Asks for the generation; returns the question's number. */
  #ask(monitor = this.#monitor): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    monitor.send(generationRequest(this.#sequence));
    return this.#sequence;
  }

  /** A commit whose notifications are under way may already have raised the generation that is answered: then its own is told all the same. */
  #hear(notice: Notice): void {
    const { generation, answers } = notice;
    const last = this.#last;
    if (last === undefined || isAfter(generation, last)) this.#last = generation;
    if (answers === undefined) {
      if (last !== undefined && isAfter(generation, following(last))) this.#hearing.lost();
      this.#hearing.heard(notice);
    } else if (this.#unheard.has(answers)) this.#hearAnswer(notice, answers, last);
  }

  #hearAnswer(notice: Notice, question: number, last: number | undefined): void {
    const landed = this.#unheard.get(question);
    this.#unheard.delete(question);
    if (notice.generation === last) return;
    if (last !== undefined && landed !== undefined && notice.generation === following(last)) this.#hearing.heard({ ...notice, touched: landed });
    else this.#hearing.lost();
  }
}
