// The daemon's log: pino on stderr, without a transport (its worker thread would cost more memory than the rest of the log). On a terminal
// and under systemd a line is text for people, there with the `<N>` priority that journald takes off (sd-daemon(3)); elsewhere it is JSON.

import { type Logger, pino } from "pino";

/** FelixConfiguration's names for the levels (logSeverityScreen). */
export type Severity = "Trace" | "Debug" | "Info" | "Warning" | "Error" | "Fatal";

const levels: Readonly<Record<Severity, pino.Level>> = { Trace: "trace", Debug: "debug", Info: "info", Warning: "warn", Error: "error", Fatal: "fatal" };

/** syslog(3) */
const priorities: Readonly<Record<string, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 };

export type LogForm = "json" | "terminal" | "journal";

export interface LogOutput {
  write(line: string): void;
}

export function logForm(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): LogForm {
  if (environment["JOURNAL_STREAM"] !== undefined) return "journal";
  return isTerminal ? "terminal" : "json";
}

export function pinoLevel(severity: Severity): pino.Level {
  return levels[severity];
}

export function createLogger(severity: Severity, form: LogForm, output: LogOutput = pino.destination({ dest: 2, sync: true })): Logger {
  const options: pino.LoggerOptions = {
    level: levels[severity],
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, form === "json" ? output : { write: (line) => output.write(textLine(line, form)) });
}

function textLine(json: string, form: "terminal" | "journal"): string {
  const { level, time, msg, ...rest } = JSON.parse(json) as { level: string; time: string; msg?: string };
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${typeof value === "string" && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`);
  const text = `${msg ?? ""}${details.join("")}`;
  return form === "journal" ? `<${priorities[level] ?? 6}>${text}\n` : `${time} ${level.toUpperCase().padEnd(5)} ${text}\n`;
}
