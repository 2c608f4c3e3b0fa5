// How much of its time hostward gives to looking after and repairing what others change: all that is needed at once while that is little, and a
// quarter of the time in a fight with somebody who changes it again and again, so that the fight costs the host no more. Knows no kernel.

/** Milliseconds, but for the share. */
export interface RepairLimits {
  /** Part of the time that repairs may take in the long run. */
  readonly share: number;
  /** How much may be spent at once after a quiet time. */
  readonly burst: number;
  /** So many repairs within this time are a fight. */
  readonly fight: { readonly repairs: number; readonly within: number };
}

const defaultRepairLimits: RepairLimits = { share: 0.25, burst: 2000, fight: { repairs: 10, within: 60_000 } };

export interface Repairs {
  /** Milliseconds until the next look; 0: at once. */
  wait(): number;
  /** A look took this long; processes of these names had changed something, undefined when nothing was to be repaired. */
  spent(milliseconds: number, by: readonly string[] | undefined): void;
  /** Names of the processes that change the table again and again, sorted; undefined while there is no fight. */
  fight(): readonly string[] | undefined;
}

export function createRepairs(limits: RepairLimits = defaultRepairLimits, now: () => number = () => performance.now()): Repairs {
  const { share, burst, fight } = limits;
  let left = burst;
  let since = now();
  let repaired: { readonly at: number; readonly by: readonly string[] }[] = [];

  function refill(): void {
    const at = now();
    left = Math.min(burst, left + (at - since) * share);
    since = at;
  }

  return {
    wait() {
      refill();
      return left >= 0 ? 0 : -left / share;
    },
    spent(milliseconds, by) {
      refill();
      left -= milliseconds;
      if (by !== undefined) repaired = [...repaired.slice(1 - 2 * fight.repairs), { at: now(), by }];
    },
    fight() {
      const lately = repaired.filter(({ at }) => now() - at < fight.within);
      if (lately.length < fight.repairs) return undefined;
      return [...new Set(lately.flatMap(({ by }) => by))].sort();
    },
  };
}
