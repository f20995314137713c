import { type Diagnostic, type JsonObject, type JsonValue, type Pos, isJsonObject, ownProperty } from "@lateen/base";
import type { KubeObject } from "../kube-object.ts";
import { yamlHint } from "./hint.ts";
import {
  type TextRange,
  type YamlDocument,
  type YamlText,
  YamlError,
  documentsOf,
  locate,
  scalarRange,
  scanYaml,
} from "./read-yaml.ts";

export interface Manifests {
  /** The objects in their order, items of a `List` each for itself. */
  readonly objects: readonly KubeObject[];
  readonly diagnostics: readonly Diagnostic[];
  /** Where the value at `path` of object `index` stands; the nearest place above it when it is not there itself. */
  readonly positionOf: (index: number, path: readonly (string | number)[]) => Pos;
  /** Where a value that is written on one line stands in the text, or with `key` the name of its field. */
  readonly rangeOf: (index: number, path: readonly (string | number)[], of: "value" | "key") => TextRange | undefined;
}

interface Origin {
  readonly event: number;
  readonly prefix: readonly (string | number)[];
}

/** Places in a text by offset: lines are found once. */
function positions(text: string, source: string): (offset: number) => Pos {
  let starts: number[] | undefined;
  return (offset) => {
    if (starts === undefined) {
      starts = [0];
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    }
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { source, offset, line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/**
 * Reads manifests: YAML documents or JSON. What cannot be read is a diagnostic with line and column; documents before
 * a broken one are still given, empty ones are skipped.
 */
export function readManifests(text: string, { source }: { readonly source: string }): Manifests {
  const place = positions(text, source);
  const diagnostics: Diagnostic[] = [];
  const objects: KubeObject[] = [];
  const origins: Origin[] = [];
  const problem = (message: string, offset: number, path: readonly (string | number)[] = []): void => {
    diagnostics.push({ code: "yaml", message, pos: place(offset), path, causes: [] });
  };
  const { scanned, documents } = readable(text, problem);
  const add = (value: JsonValue, origin: Origin): void => {
    const complaint = objectComplaint(value);
    if (complaint === undefined) {
      objects.push(value as unknown as KubeObject);
      origins.push(origin);
    } else {
      const path = [...origin.prefix, ...(complaint.startsWith("metadata ") ? ["metadata"] : [])];
      problem(complaint, locate(scanned, origin.event, path), path);
    }
  };
  for (const { value, duplicates, event } of documents) {
    for (const { key, offset } of duplicates) problem(`key ${JSON.stringify(key)} already set in map`, offset);
    if (value === null) continue;
    const items = listItems(value);
    if (items === undefined) add(value, { event, prefix: [] });
    else for (const [i, item] of items.entries()) add(item, { event, prefix: ["items", i] });
  }
  return {
    objects,
    diagnostics,
    positionOf(index, path) {
      const origin = origins[index];
      if (origin === undefined) throw new RangeError(`there is no object ${index}`);
      return place(locate(scanned, origin.event, [...origin.prefix, ...path]));
    },
    rangeOf(index, path, of) {
      const origin = origins[index];
      if (origin === undefined) throw new RangeError(`there is no object ${index}`);
      return scalarRange(scanned, origin.event, { path: [...origin.prefix, ...path], of });
    },
  };
}

/** The documents of a text; of a broken text those before the break. */
function readable(
  text: string,
  problem: (message: string, offset: number) => void,
): { scanned: YamlText; documents: YamlDocument[] } {
  try {
    const scanned = scanYaml(text);
    return { scanned, documents: documentsOf(scanned) };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const hint = yamlHint(text, error.message, error.offset);
    problem(hint?.message ?? error.message, hint?.offset ?? error.offset);
    const before = text.lastIndexOf("\n---", error.offset);
    if (before <= 0) return { scanned: { text, mended: [], events: [] }, documents: [] };
    return readable(text.slice(0, before + 1), problem);
  }
}

function listItems(value: JsonValue): readonly JsonValue[] | undefined {
  if (!isJsonObject(value) || value["kind"] !== "List") return undefined;
  const items = ownProperty(value, "items");
  return Array.isArray(items) ? (items as JsonValue[]) : undefined;
}

/** Why a document is no object of the API, or undefined. */
function objectComplaint(value: JsonValue): string | undefined {
  if (!isJsonObject(value)) return "is not an object with apiVersion, kind and metadata";
  for (const name of ["apiVersion", "kind"] as const) {
    const field = ownProperty(value, name);
    if (typeof field !== "string" || field === "") return `${name} is missing`;
  }
  const metadata = ownProperty(value as JsonObject, "metadata");
  return metadata !== undefined && !isJsonObject(metadata) ? "metadata is not an object" : undefined;
}
