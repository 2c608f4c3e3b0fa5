// Tells systemd how the daemon is (sd_notify(3)): ready, what it does, alive, stopping. Without systemd nothing happens.

import { notifySystemd } from "../native/index.ts";

export interface ServiceManager {
  /** After the first ruleset is in force. */
  ready(): void;
  /** One line that `systemctl status` shows. Sent when it changes. */
  status(text: string): void;
  stopping(): void;
  close(): void;
}

/** @param onError a notification that could not be sent; the daemon goes on without */
export function connectServiceManager(environment: Readonly<Record<string, string | undefined>>, onError: (error: unknown) => void): ServiceManager {
  const send = (state: string): void => {
    try {
      notifySystemd(state);
    } catch (error) {
      onError(error);
    }
  };
  const period = watchdogPeriod(environment);
  const watchdog = period === undefined ? undefined : setInterval(() => send("WATCHDOG=1"), period).unref();
  let shown = "";
  return {
    ready: () => send("READY=1"),
    status(text) {
      if (text !== shown) send(`STATUS=${text}`);
      shown = text;
    },
    stopping: () => send("STOPPING=1"),
    close: () => clearInterval(watchdog),
  };
}

/** Half of what systemd allows, as sd_watchdog_enabled(3) advises, in milliseconds. Undefined when it does not watch this process. */
export function watchdogPeriod(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = environment;
  if (microseconds === undefined || (pid !== undefined && Number(pid) !== process.pid)) return undefined;
  const period = Number(microseconds) / 2000;
  return Number.isFinite(period) && period > 0 ? period : undefined;
}
