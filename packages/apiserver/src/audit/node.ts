import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import type { AuditEvent, AuditSink } from "./audit-event.ts";

export { type AuditPolicy, AuditPolicyError, parseAuditPolicy } from "./audit-policy.ts";

export interface AuditLogOptions {
  readonly path: string;
  /** The file is renamed to `PATH.1`, and so on, when it is larger. Default 100 MiB. */
  readonly maxBytes?: number;
  /** Renamed files that are kept. Default 5. */
  readonly backups?: number;
}

/** An audit log in a file, a JSON text a line, readable by its owner alone. A full disk loses lines, not requests. */
export function openAuditLog({ path, maxBytes = 100 * 1024 * 1024, backups = 5 }: AuditLogOptions): {
  readonly sink: AuditSink;
  close(): void;
} {
  let file = openSync(path, "a", 0o600);
  let size = statSync(path).size;
  const rotate = (): void => {
    closeSync(file);
    for (let n = backups - 1; n >= 1; n--) {
      if (existsSync(`${path}.${n}`)) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
    }
    if (backups > 0) renameSync(path, `${path}.1`);
    file = openSync(path, backups > 0 ? "a" : "w", 0o600);
    size = 0;
  };
  return {
    sink: (event: AuditEvent) => {
      const line = Buffer.from(`${JSON.stringify(event)}\n`);
      try {
        if (size > 0 && size + line.length > maxBytes) rotate();
        size += writeSync(file, line);
      } catch {
        // Nothing can be done here; the next line is tried again.
      }
    },
    close: () => closeSync(file),
  };
}
