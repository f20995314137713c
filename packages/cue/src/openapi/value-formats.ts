import type { JsonObject, JsonValue } from "@lateen/base";
import type { CueValue } from "../cue-value.ts";
import { kindNames } from "../eval/kind.ts";
import type { Validator } from "../eval/values.ts";
import { scalarJson } from "./scalar-schema.ts";
import { baseOf } from "./value-parts.ts";

/** Types and formats as OpenAPI names them. */

const typeNames = new Map<string, string>([
  ["bool", "boolean"],
  ["int", "integer"],
  ["float", "number"],
  ["number", "number"],
  ["string", "string"],
  ["bytes", "string"],
  ["list", "array"],
  ["struct", "object"],
]);

export function typeOf(kinds: number): string | undefined {
  return typeNames.get(kindNames(kinds));
}

const ranges: readonly (readonly [format: string, low: number, high: number])[] = [
  ["int32", -(2 ** 31), 2 ** 31 - 1],
  ["int64", -(2 ** 63), 2 ** 63 - 1],
  ["float", -3.4028234663852886e38, 3.4028234663852886e38],
  ["double", -1.7976931348623157e308, 1.7976931348623157e308],
];

export function formatOf(value: CueValue): string | undefined {
  const base = baseOf(value);
  if (base === undefined) return undefined;
  if (base.tag === "type" && value.incompleteKind === "bytes") return "binary";
  if (base.tag === "validator") return timeFormat(base);
  if (base.tag !== "conjunction") return undefined;
  const bounds = base.values.flatMap((part) => (part.tag === "bound" ? [part] : []));
  if (bounds.length !== 2 || base.values.some((part) => part.tag === "validator")) return undefined;
  const low = bounds.find(({ op }) => op === ">=");
  const high = bounds.find(({ op }) => op === "<=");
  if (low === undefined || high === undefined) return undefined;
  return ranges.find(
    ([, least, most]) => scalarJson(low.value.value) === least && scalarJson(high.value.value) === most,
  )?.[0];
}

function timeFormat({ func, args }: Validator): string | undefined {
  if (func.pkg !== "time") return undefined;
  const name = func.name.slice(func.name.lastIndexOf(".") + 1);
  if (name === "Time") return "date-time";
  const [layout] = args;
  if (name !== "Format" || layout?.tag !== "atom") return undefined;
  return layout.value === "2006-01-02"
    ? "date"
    : layout.value === "2006-01-02T15:04:05.999999999Z07:00"
      ? "date-time"
      : undefined;
}

/** A format says the range already. */
export function withoutRange(schema: Record<string, JsonValue>, format: string | undefined): JsonObject {
  const range = ranges.find(([name]) => name === format);
  if (range === undefined || (schema["type"] !== "integer" && schema["type"] !== "number")) return schema;
  if (schema["minimum"] === range[1]) delete schema["minimum"];
  if (schema["maximum"] === range[2]) delete schema["maximum"];
  return schema;
}
