// `hostward run`: the daemon in the foreground, until SIGTERM or SIGINT.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Command } from "@commander-js/extra-typings";
import type { Logger } from "pino";
import { type Daemon, type Host, startDaemon } from "../daemon.ts";
import { createLogger, logForm } from "../log.ts";
import { sshAccess } from "../sshAccess.ts";
import { version } from "../version.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { flagHelp, readSettings, settingsOrExit } from "./input.ts";

export function runCommand() {
  return new Command("run")
    .summary("run the daemon: watch the manifests and keep this host's ruleset as they say")
    .description("Runs the daemon in the foreground: watches the manifests and the host's interfaces, and keeps the nftables table of hostward as they say.")
    .option("--node <name>", flagHelp("node"))
    .option("--datastore <kind>", flagHelp("datastore"))
    .option("--manifests <dir>", flagHelp("manifests"))
    .option("--config <file>", flagHelp("config"))
    .option("--control <socket>", flagHelp("control"))
    .option("--state <dir>", flagHelp("state"))
    .addHelpText("after", help)
    .action(async (flags) => {
      process.exitCode = await run(flags);
    });
}

const help = `
All other settings (failsafe ports, deny action, log level, ...) stand in the settings file or in HOSTWARD_* variables;
docs/settings.md lists them. Nothing is changed in the kernel before manifests and interfaces are read completely, and the
rules stay when the daemon ends.

Signals:
  SIGTERM, SIGINT   end; the rules stay
  SIGHUP            read the settings file again

Examples:
  hostward run --manifests ./manifests
  hostward run --node web-1 --datastore file --manifests /etc/hostward/manifests --config /etc/hostward/hostward.yaml`;

async function run(flags: Parameters<typeof readSettings>[0]): Promise<number> {
  const settings = settingsOrExit(flags);
  const log = createLogger(settings.logSeverityScreen, logForm(process.env, process.stderr.isTTY === true));
  const host = await openHost(log);
  const daemon = await startDaemon({ settings, loadSettings: () => readSettings(flags), version, log, host }).catch((error: unknown) => {
    host.kernel.close();
    throw cannotListen(settings.control, error);
  });
  const exitCode = await untilEnd(daemon, log);
  await daemon.close();
  return exitCode;
}

/** Loads the addon, so only here. */
async function openHost(log: Logger): Promise<Host> {
  const [{ openNetlinkKernel }, { watchLinks }, { connectServiceManager }] = await Promise.all([
    import("../kernel/netlink.ts"),
    import("../sources/links.ts"),
    import("../systemd.ts"),
  ]);
  const serviceManager = connectServiceManager(process.env, (error) => log.warn(`the service manager cannot be told: ${String(error)}`));
  const ready = (): void => {
    keepSmall();
    serviceManager.ready();
  };
  return { kernel: openNetlinkKernel(), serviceManager: { ...serviceManager, ready }, ssh: sshAccess(process.env), watchLinks };
}

/**
 * A large start is faster with a heap that grows as it likes. From now on changes are small, and V8 is to collect before it takes more from the host.
 * How far the heap may grow is decided at the end of each collection, and a start leaves as much to collect as it keeps: so one follows it.
 */
function keepSmall(): void {
  for (const flag of ["--heap-growing-percent=30", "--optimize-for-size", "--expose-gc"]) setFlagsFromString(flag);
  const collect = runInNewContext("gc") as NonNullable<typeof globalThis.gc>;
  void collect({ type: "major", execution: "async" });
}

function untilEnd(daemon: Daemon, log: Logger): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      log.info(`${signal}: stopping`);
      resolve(exitCodes.ok);
    });
  }
  process.on("SIGHUP", () => daemon.reload());
  void daemon.hopeless.then(() => resolve(exitCodes.kernel));
  return promise;
}

function cannotListen(path: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === "EADDRINUSE" ? "is in use: another hostward runs, or another file is there" : `cannot be made (${message})`;
  return new CommandError(`control socket ${path} ${why}; name another with --control`, { exitCode: exitCodes.usage, cause: error });
}
