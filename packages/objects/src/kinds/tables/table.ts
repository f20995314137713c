/** Objects as rows of a Table (meta/v1), which is what kubectl asks for when it prints. */
import type { JsonObject, JsonValue } from "@lateen/base";
import type { Kind } from "../kind.ts";
import { cellsOf } from "./cells.ts";
import { columnsOf, nameColumn, type TableColumn } from "./columns.ts";
import { type CustomColumn, customCells } from "./custom-columns.ts";
import { text } from "./read.ts";

export interface TableOptions {
  /** Milliseconds since 1970: ages are counted from here. */
  readonly now: number;
  /** additionalPrinterColumns of a custom resource's version; name and age without any. */
  readonly customColumns?: readonly CustomColumn[] | undefined;
  /** What each row holds of its object. */
  readonly includeObject?: "None" | "Metadata" | "Object" | undefined;
}

/** Column definitions and rows; the caller adds the metadata of the list. */
export function tableOf(kind: Kind, objects: readonly JsonObject[], options: TableOptions): JsonObject {
  const columns = columnsFor(kind, options.customColumns);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    columnDefinitions: columns.map((column) => ({ ...column })),
    rows: objects.map((object) => rowOf(kind, object, options)),
  };
}

const age: CustomColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

function columnsFor(kind: Kind, custom: readonly CustomColumn[] | undefined): readonly TableColumn[] {
  if (isBuiltin(kind)) return columnsOf(kind.kind);
  const own = custom === undefined || custom.length === 0 ? [age] : custom;
  return [
    nameColumn,
    ...own.map(({ name, type, format = "", description = "", priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
  ];
}

/** Custom resources have no struct type; definitions of kinds do, even where their name is a built-in one. */
function isBuiltin(kind: Kind): boolean {
  return kind.type !== undefined;
}

export function rowOf(kind: Kind, object: JsonObject, options: TableOptions): JsonObject {
  const { now, customColumns, includeObject = "Metadata" } = options;
  const own = customColumns === undefined || customColumns.length === 0 ? [age] : customColumns;
  const cells: readonly JsonValue[] = isBuiltin(kind)
    ? cellsOf(kind.kind, object, now)
    : [text(object, "metadata", "name"), ...customCells(own, object, now)];
  return { cells, ...conditionsOf(kind, object), object: shownObject(object, includeObject) };
}

/** A pod that has ended says so beside its cells. */
function conditionsOf(kind: Kind, object: JsonObject): JsonObject {
  const phase = text(object, "status", "phase");
  if (kind.kind !== "Pod" || kind.group !== "" || (phase !== "Succeeded" && phase !== "Failed")) return {};
  const message = phase === "Succeeded" ? "The pod has completed successfully." : "The pod failed.";
  return { conditions: [{ type: "Completed", status: "True", reason: phase, message }] };
}

function shownObject(object: JsonObject, include: "None" | "Metadata" | "Object"): JsonValue {
  if (include === "None") return null;
  if (include === "Object") return object;
  return {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: object["metadata"] ?? {},
  };
}
