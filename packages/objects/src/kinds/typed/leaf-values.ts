/** JSON forms of the leaf types with an encoding of their own: what a Go client reads, and how it writes it again. */
import type { JsonValue } from "@lateen/base";
import { formatDuration, parseDuration } from "../../values/duration.ts";
import { formatQuantity, parseQuantity } from "../../values/quantity.ts";
import { parseMicroTime, parseTime } from "../../values/time.ts";

/** A value that cannot be decoded; the message is the Go decoder's. */
export class LeafError extends Error {
  readonly code = "value-malformed";
  /** True when the decoder adds the field to the message (`json: cannot unmarshal …`). */
  readonly goType: string | undefined;

  constructor(message: string, goType?: string) {
    super(message);
    this.name = "LeafError";
    this.goType = goType;
  }
}

/** `string`, `number`, `bool`, `object`, `array`: what the decoder calls a JSON value. */
export function jsonTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

export function mismatch(value: JsonValue, goType: string): LeafError {
  return new LeafError(jsonTypeOf(value), goType);
}

const plainQuantity = /^[1-9]\d{0,2}(?:m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

/** The canonical text of a quantity given as text or number. */
export function quantityText(value: JsonValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (plainQuantity.test(text)) return text;
  return formatQuantity(parseQuantity(text));
}

/** RFC 3339 in UTC, in whole seconds or (`micro`) with six digits; null for the zero time. */
export function timeText(value: JsonValue, options: { readonly micro: boolean }): string | null {
  if (typeof value !== "string") throw mismatch(value, "string");
  return options.micro ? parseMicroTime(value) : parseTime(value);
}

/** A Go duration in its canonical form: `1h0m0s`, `1.5s`, `0s`. */
export function durationText(value: JsonValue): string {
  if (typeof value !== "string") throw mismatch(value, "string");
  return formatDuration(parseDuration(value));
}

/** Base64 as Go reads it: standard alphabet, padded, line breaks ignored; in canonical form. */
export function bytesText(value: JsonValue): string {
  if (typeof value !== "string") throw mismatch(value, "[]uint8");
  const text = /[\r\n]/.test(value) ? value.replaceAll(/[\r\n]/g, "") : value;
  const bad = badBase64At(text);
  if (bad !== undefined) throw new LeafError(`illegal base64 data at input byte ${bad}`);
  return text;
}

function badBase64At(text: string): number | undefined {
  const digits = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0;
  const padding = text.length - digits;
  if (text.length % 4 === 0 && padding <= 2 && /^=*$/.test(text.slice(digits))) return undefined;
  // The decoder reads four characters at a time and complains where it stopped.
  if (digits === text.length) return text.length - (text.length % 4);
  if (text.charAt(digits) !== "=") return digits;
  return digits % 4 < 2 ? digits : Math.min(text.length, digits + (4 - (digits % 4)));
}
