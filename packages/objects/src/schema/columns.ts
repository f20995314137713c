import { type JsonObject, type JsonValue, ownProperty } from "@lateen/base";
import { findJsonPath } from "../jsonpath/evaluate.ts";
import { JsonPathError, type PathNode, parseJsonPath } from "../jsonpath/parse.ts";
import { formatNumber, goQuote } from "../own.ts";
import { humanDuration } from "../values/duration.ts";
import { parseTime } from "../values/time.ts";

/** Tables of custom resources: Name and the additionalPrinterColumns of the version. */

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface PrinterTable {
  readonly columnDefinitions: readonly ColumnDefinition[];
  /** The cells of an object's row; `now` in milliseconds, for ages. */
  readonly cellsOf: (object: JsonObject, now: number) => JsonValue[];
}

const nameDescription =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

/** Columns when a version has none of its own. */
export const defaultColumns: readonly PrinterColumn[] = [
  {
    name: "Age",
    type: "date",
    description:
      "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    jsonPath: ".metadata.creationTimestamp",
  },
];

function pathOf(jsonPath: string): readonly PathNode[] {
  try {
    return parseJsonPath(`{${jsonPath}}`);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw new JsonPathError(`unrecognized column definition ${goQuote(jsonPath)}`, { cause: error });
  }
}

/** @throws JsonPathError for a column whose path cannot be read */
export function printerTable(columns: readonly PrinterColumn[]): PrinterTable {
  const given = columns.length === 0 ? defaultColumns : columns;
  const paths = given.map((column) => pathOf(column.jsonPath));
  const columnDefinitions = [
    { name: "Name", type: "string", format: "name", description: nameDescription, priority: 0 },
    ...given.map(({ name, type, format = "", description, priority = 0 }) => ({
      name,
      type,
      format,
      description: description ?? "Custom resource definition column (in JSONPath format): ",
      priority,
    })),
  ].map((column, i) => {
    const source = i === 0 ? undefined : given[i - 1]!;
    if (source === undefined || source.description !== undefined) return column;
    return { ...column, description: `${column.description}${source.jsonPath}` };
  });
  return {
    columnDefinitions,
    cellsOf: (object, now) => {
      const metadata = ownProperty(object, "metadata") as JsonObject | undefined;
      return [metadata?.["name"] ?? "", ...given.map((column, i) => cellOf(object, column, { path: paths[i]!, now }))];
    },
  };
}

function cellOf(
  object: JsonObject,
  { type }: PrinterColumn,
  { path, now }: { readonly path: readonly PathNode[]; readonly now: number },
): JsonValue {
  let value: JsonValue | undefined;
  try {
    value = findJsonPath(path, object)[0]?.[0];
  } catch {
    return null;
  }
  if (value === undefined) return null;
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageOf(value, now) : null;
    default:
      return textOf(value);
  }
}

function ageOf(text: string, now: number): string {
  try {
    const time = parseTime(text);
    return time === null ? "<unknown>" : humanDuration((now - Date.parse(time)) / 1000);
  } catch {
    return "<invalid>";
  }
}

function textOf(value: JsonValue): string {
  if (value === null) return "<no value>";
  if (typeof value === "object") return JSON.stringify(value);
  return typeof value === "number" ? formatNumber(value) : String(value);
}
