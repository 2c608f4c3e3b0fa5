// How this host is administered, as far as that is cheap to know: the connection that a command was typed over, or the port in sshd's
// configuration. Starts no process, and is right often enough for a warning only.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SshAccess } from "../rules/lint/world.ts";
import { parseAddress } from "../rules/net/address.ts";
import { parsePort } from "../rules/net/ports.ts";

export const usualSsh: SshAccess = { port: 22, client: undefined };

/** @param folder of sshd's configuration; what cannot be read says nothing */
export function sshAccess(environment: Readonly<Record<string, string | undefined>>, folder = "/etc/ssh"): SshAccess {
  return ofConnection(environment["SSH_CONNECTION"] ?? "") ?? ofConfiguration(folder);
}

/** "client client-port server server-port" (ssh(1), ENVIRONMENT). */
function ofConnection(connection: string): SshAccess | undefined {
  const [client = "", , , port = ""] = connection.split(" ");
  const number = portNumber(port);
  return number === undefined ? undefined : { port: number, client: parseAddress(client) };
}

/** sshd listens on every port named (sshd_config(5)). Any one of them that stays open is enough, so the usual one is asked for if it is there. */
function ofConfiguration(folder: string): SshAccess {
  const files = [join(folder, "sshd_config"), ...globSync(join(folder, "sshd_config.d", "*.conf")).toSorted()];
  const ports = files.flatMap((file) => portsIn(file));
  const [port = usualSsh.port] = ports.includes(usualSsh.port) ? [] : ports;
  return { port, client: undefined };
}

function portsIn(file: string): number[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  return [...text.matchAll(/^[ \t]*Port[ \t=]+"?(\d+)"?[ \t]*(?:#.*)?$/gim)].flatMap(([, port = ""]) => portNumber(port) ?? []);
}

function portNumber(text: string): number | undefined {
  const parsed = parsePort(text);
  return parsed.kind === "range" ? parsed.range.from : undefined;
}
