// A daemon that runs, seen by whoever started it: the status that it comes to. How it was started is not known here.

import { askDaemon } from "../../agent/control/client.ts";
import type { Status } from "../../agent/control/status.ts";
import { waitFor } from "../patience.ts";

/** For a daemon's environment, so that no port in this machine's sshd_config makes a warning. */
export const plainSsh = { SSH_CONNECTION: "192.0.2.9 40000 192.0.2.1 22" };

/** As soon as there is one that holds. @throws with the last status, or why there is none, and the log */
export async function statusOf(control: string, holds: (status: Status) => boolean, log = (): string => ""): Promise<Status> {
  const ask = async () => {
    try {
      return { status: (await askDaemon(control, "/status")) as Status };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const found = await waitFor(
    ask,
    ({ status }) => status !== undefined && holds(status),
    (last) => `${JSON.stringify(last, undefined, 2)}\n${log()}`,
  );
  return found.status as Status;
}
