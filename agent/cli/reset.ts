// `hostward reset`: removes hostward's table, and with it everything that hostward enforces on this host.

import { createInterface } from "node:readline/promises";
import { Command } from "@commander-js/extra-typings";
import { table as tableName } from "../../rules/compile/hooks.ts";
import { removal, shieldOf } from "../../rules/diff/takeover.ts";
import { askDaemon } from "../control/client.ts";
import type { Kernel, Reading } from "../kernel/interface.ts";
import { CommandError, exitCodes } from "./exit.ts";
import { flagHelp, settingsOrExit } from "./input.ts";
import { complain, print } from "./terminal.ts";

export function resetCommand() {
  return new Command("reset")
    .summary("remove everything hostward put into the kernel")
    .description(`Deletes the nftables table 'inet ${tableName}': nothing of this host's traffic is policed by hostward any more. Asks before.`)
    .option("--yes", "do not ask")
    .option("--control <socket>", flagHelp("control"))
    .addHelpText("after", "\nStop the daemon first: a running one puts its rules back.\n\nExample:\n  systemctl stop hostward && hostward reset")
    .action(async ({ yes, control }) => {
      process.exitCode = await reset(yes === true, settingsOrExit({ control }).control);
    });
}

async function reset(isSure: boolean, control: string): Promise<number> {
  const { openNetlinkKernel } = await import("../kernel/netlink.ts");
  const kernel = openNetlinkKernel();
  try {
    const { actual, ownership } = await kernel.read(tableName);
    // Left behind, perhaps alone, by a process that was killed while it made the table anew.
    const { actual: shield } = await kernel.read(shieldOf(tableName));
    const there = [actual, shield].filter((table) => table !== undefined);
    if (there.length === 0) {
      print(`there is no table inet ${tableName}: nothing to remove`);
      return exitCodes.ok;
    }
    if (ownership === "other") throw new CommandError(owned, { exitCode: exitCodes.kernel });
    if (await isDaemonThere(control)) complain(`a daemon answers at ${control}: it will put its rules back unless it is stopped`);
    const chains = there.reduce((sum, table) => sum + table.chains.length, 0);
    if (!isSure && !(await confirm(`Delete table inet ${tableName} (${chains} chains)? Its rules end at once. [y/N] `))) {
      complain("nothing was changed");
      return exitCodes.problems;
    }
    if (actual !== undefined) await remove(kernel, ownership);
    if (shield !== undefined) await kernel.commit(removal(shieldOf(tableName)));
    print(`removed table inet ${tableName}`);
    return exitCodes.ok;
  } finally {
    kernel.close();
  }
}

const owned = `table inet ${tableName} belongs to a running process (tableOwnership), and only that one can change it: stop hostward first, then reset`;

async function remove(kernel: Kernel, ownership: Reading["ownership"]): Promise<void> {
  if (ownership === "orphan") await kernel.commit({ table: tableName, operations: [{ verb: "add", object: "table", owned: true }] });
  await kernel.commit(removal(tableName));
}

async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true)
    throw new CommandError("reset asks before it removes anything, and standard input is no terminal: use --yes", { exitCode: exitCodes.usage });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

function isDaemonThere(control: string): Promise<boolean> {
  return askDaemon(control, "/status").then(
    () => true,
    () => false,
  );
}
