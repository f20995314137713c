import type { JsonObject, JsonValue } from "@lateen/base";
import { evaluateJsonPath, findJsonPath } from "../../jsonpath/evaluate.ts";
import { JsonPathError, parseJsonPath, type PathNode } from "../../jsonpath/parse.ts";
import { ageText } from "./pod-cells.ts";

/** spec.versions[].additionalPrinterColumns[] of a CustomResourceDefinition. */
export interface CustomColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** The cells of a custom resource; null where the path leads nowhere or to a value of another type. */
export function customCells(columns: readonly CustomColumn[], object: JsonObject, now: number): readonly JsonValue[] {
  return columns.map((column) => cellOf(column, object, now));
}

const parsed = new Map<string, readonly PathNode[]>();

/** Paths come from stored definitions, of which there are few; the map is emptied before it grows without bound. */
function nodesOf(path: string): readonly PathNode[] {
  let nodes = parsed.get(path);
  if (nodes === undefined) {
    nodes = parseJsonPath(`{${path}}`);
    if (parsed.size > 2000) parsed.clear();
    parsed.set(path, nodes);
  }
  return nodes;
}

function cellOf({ type, jsonPath }: CustomColumn, object: JsonObject, now: number): JsonValue {
  try {
    const value = findJsonPath(nodesOf(jsonPath), object)[0]?.[0];
    return value === undefined ? null : formatted(type, value, now);
  } catch (error) {
    if (error instanceof JsonPathError) return null;
    throw error;
  }
}

function formatted(type: string, value: JsonValue, now: number): JsonValue {
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "string":
      return typeof value === "string" ? value : evaluateJsonPath("{@}", value);
    case "date":
      if (typeof value !== "string") return null;
      return Number.isNaN(Date.parse(value)) ? "<invalid>" : ageText(value, now);
    default:
      return null;
  }
}
