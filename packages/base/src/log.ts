/** A structured event for the log, written at the shell. No secret goes in. */
export interface LogEvent {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly controller?: string;
  readonly object?: string;
  readonly error?: string;
  readonly [field: string]: string | number | boolean | undefined;
}

export type Log = (event: LogEvent) => void;

export const silentLog: Log = () => undefined;
