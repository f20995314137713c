import { toYaml } from "@lateen/objects";
import type { JsonValue } from "@lateen/base";

/** `-o json|yaml` of an object or a list. */
export function printData(value: unknown, format: string): string {
  if (format === "json") return `${JSON.stringify(value, undefined, 2)}\n`;
  if (format === "yaml") return toYaml(value as JsonValue);
  throw new Error(`unknown output format "${format}": json or yaml`);
}

/** `3d`, `5m12s`: how long ago, as kubectl shortens it. */
export function formatAge(since: string | null | undefined, now: number): string {
  if (typeof since !== "string") return "<unknown>";
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  return `${Math.floor(hours / 24)}d`;
}
