import type { Log, LogEvent } from "@lateen/base";
import type { Terminal } from "./terminal.ts";

const weights: Readonly<Record<LogEvent["level"], number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes events of the server from `level` on as lines of standard error: time, level, message, fields. */
export function createServerLog(terminal: Terminal, level: LogEvent["level"]): Log {
  return (event) => {
    if (weights[event.level] < weights[level]) return;
    const { level: _, message, ...fields } = event;
    const rest = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(
        ([key, value]) =>
          ` ${key}=${typeof value === "string" && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value)}`,
      )
      .join("");
    terminal.error(`${new Date().toISOString()} ${event.level} ${message}${rest}`);
  };
}
