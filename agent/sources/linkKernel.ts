// Reads links and local routes over rtnetlink and says when they may have changed. A notification is only a hint to read again: the
// kernel's order of notifications says little of the order of readings, and some changes send none (IPv4 routes flushed with a link).

import {
  linkDump,
  localRouteDump,
  type RouteMessage,
  RTNLGRP_IPV4_ROUTE,
  RTNLGRP_IPV6_ROUTE,
  RTNLGRP_LINK,
  readRouteMessages,
} from "../../native/codec/route.ts";
import { NetlinkError, NetlinkMonitor, NetlinkSocket } from "../../native/index.ts";
import type { Family } from "../../rules/net/types.ts";
import type { Reading } from "./linkState.ts";

export interface LinkKernel {
  /** @throws NetlinkError */
  read(): Promise<Reading>;
  /**
   * Calls `changed` when links or local routes may have changed since, also when notifications were lost; `ended` when it stops by itself.
   * @throws NetlinkError
   */
  subscribe(changed: () => void, ended: (error: Error) => void): { close(): void };
  close(): void;
}

/**
 * Route groups, not address groups: what counts is the local table, to which `ip route add local` adds too (semantics H3, G37), and an
 * address's own notification may come before its route is there.
 */
const groups: readonly number[] = [RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE];

/** A table comes into being with its first route (fib_get_table, inet_dump_fib); a kernel booted without IPv6 knows no such family. */
const noRoutes: ReadonlySet<string | undefined> = new Set(["ENOENT", "EAFNOSUPPORT", "EOPNOTSUPP"]);

/** @throws NetlinkError */
export function openLinkKernel(): LinkKernel {
  const socket = new NetlinkSocket("route");
  let sequence = 0;
  const dump = async (request: Uint8Array): Promise<readonly RouteMessage[]> => readRouteMessages(await socket.dump(request));
  const localRoutes = async (family: Family): Promise<readonly RouteMessage[]> => {
    try {
      return await dump(localRouteDump(family, ++sequence));
    } catch (error) {
      if (error instanceof NetlinkError && error.code === "NETLINK_REFUSED" && noRoutes.has(error.errno)) return [];
      throw error;
    }
  };
  return {
    async read() {
      const messages = [...(await dump(linkDump(++sequence))), ...(await localRoutes(4)), ...(await localRoutes(6))];
      return { links: messages.filter((message) => message.kind === "link"), routes: messages.filter((message) => message.kind === "localRoute") };
    },
    subscribe(changed, ended) {
      return new NetlinkMonitor("route", groups, {
        messages: (bytes) => {
          if (isHint(bytes)) changed();
        },
        overflow: changed,
        failed: ended,
      });
    },
    close: () => socket.close(),
  };
}

/** A router's own routes come through the same groups, by the thousand; they are none. What cannot be read may be anything. */
function isHint(bytes: Uint8Array): boolean {
  try {
    return readRouteMessages(bytes).length > 0;
  } catch {
    return true;
  }
}
