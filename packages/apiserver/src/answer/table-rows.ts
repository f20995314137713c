/**
 * Tables of many objects as bytes. What a row says beside its object's age is kept from one list to the next, and the
 * metadata in it is cut out of the stored bytes, so that a list of unchanged objects parses nothing.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { asJson } from "@lateen/objects";
import { ageText, rowOf, type TableOptions, tableOf } from "@lateen/objects/kinds";
import { ByteWriter } from "../object/byte-writer.ts";
import { isPassThrough } from "../object/object-reader.ts";
import { storedBody } from "../object/stored-form.ts";
import type { ResourceRequest } from "../request/context.ts";
import type { Resource } from "../registry/resource.ts";
import type { Entry } from "../store/store.ts";
import { type ListMeta, shownRow, tableOptions } from "./shapes.ts";

/** Rows of one resource that are kept. */
const maxRows = 20_000;
/** No age is shown as the same text now and this much later. */
const farMs = 400 * 24 * 60 * 60 * 1000;

/** A row in texts: what stands before and after the age of its object. */
interface KeptRow {
  readonly revision: number;
  readonly before: string;
  /** Undefined when nothing in the row changes with time. */
  readonly created: string | undefined;
  readonly after: string;
}

/** By the resource as it is served now: another definition, or other columns, begin anew. */
const keptRows = new WeakMap<Resource, Map<string, KeptRow>>();

/** The Table of a list. */
export function writeTable(
  request: ResourceRequest,
  { entries, meta }: { readonly entries: readonly Entry[]; readonly meta: ListMeta },
): Uint8Array {
  const { resource, form } = request;
  const version = form.as?.version ?? "v1";
  const options = tableOptions(request);
  const { rows: _, ...head } = tableOf(resource.kind, [], options);
  const text = JSON.stringify({ ...head, apiVersion: `meta.k8s.io/${version}`, metadata: meta });
  const out = new ByteWriter(entries.reduce((sum, { bytes }) => sum + (bytes.length >> 1), 4096));
  out.text(`${text.slice(0, -1)},"rows":[`);
  const ageColumn = columnNamed(head.columnDefinitions, "Age");
  const kept = keptOf(resource);
  const spliced = options.includeObject === "Metadata" && resource.kind.kind !== "DaemonSet";
  for (const [index, entry] of entries.entries()) {
    if (index > 0) out.text(",");
    const row =
      spliced && isPassThrough(resource, entry) ? rowFor(request, entry, { kept, ageColumn, options }) : undefined;
    if (row === undefined) {
      const object = asJson(request.core.reader.readOnce(resource, entry));
      out.text(JSON.stringify(shownRow(request, rowOf(resource.kind, object, options), version)));
      continue;
    }
    const age = row.created === undefined ? "" : JSON.stringify(ageText(row.created, options.now));
    out.text(
      `${row.before}${age}${row.after},"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":{"resourceVersion":"${entry.revision}",`,
    );
    const body = storedBody(entry);
    out.bytes(body.subarray(0, endOfMetadata(body)));
    out.text("}}");
  }
  out.text("]}\n");
  return out.finish();
}

function keptOf(resource: Resource): Map<string, KeptRow> {
  let kept = keptRows.get(resource);
  if (kept === undefined) keptRows.set(resource, (kept = new Map()));
  return kept;
}

function columnNamed(columns: JsonValue | undefined, name: string): number {
  return Array.isArray(columns) ? columns.findIndex((column) => isJsonObject(column) && column.name === name) : -1;
}

interface RowContext {
  readonly kept: Map<string, KeptRow>;
  readonly ageColumn: number;
  readonly options: TableOptions;
}

type Row = JsonObject & { readonly cells: readonly JsonValue[] };

/** The row of an entry, kept or made; undefined when it tells more times than the object's age. */
function rowFor(request: ResourceRequest, entry: Entry, context: RowContext): KeptRow | undefined {
  const { kept } = context;
  const known = kept.get(entry.key);
  if (known?.revision === entry.revision) return known;
  const made = makeRow(request, entry, context);
  if (made === undefined) {
    kept.delete(entry.key);
    return undefined;
  }
  if (kept.size >= maxRows) kept.delete(kept.keys().next().value!);
  kept.set(entry.key, made);
  return made;
}

function makeRow(request: ResourceRequest, entry: Entry, { ageColumn, options }: RowContext): KeptRow | undefined {
  const { core, resource } = request;
  const object = asJson(core.reader.readOnce(resource, entry));
  const { cells, object: _, ...rest } = rowOf(resource.kind, object, options) as Row;
  const later = rowOf(resource.kind, object, { ...options, now: options.now + farMs }) as Row;
  const created = textAt(object.metadata, "creationTimestamp");
  const changing = cells.flatMap((cell, i) => (isSameCell(cell, later.cells[i]) ? [] : [i]));
  const more = JSON.stringify(rest).slice(1, -1);
  const tail = `]${more === "" ? "" : `,${more}`}`;
  const { revision } = entry;
  const textOfCells = (some: readonly JsonValue[]): string => some.map((cell) => JSON.stringify(cell)).join(",");
  if (changing.length === 0) {
    return { revision, before: `{"cells":[${textOfCells(cells)}`, created: undefined, after: tail };
  }
  const [at] = changing;
  if (changing.length > 1 || at !== ageColumn || cells[at] !== ageText(created, options.now)) return undefined;
  const before = textOfCells(cells.slice(0, at));
  const after = textOfCells(cells.slice(at + 1));
  return {
    revision,
    before: `{"cells":[${before}${before === "" ? "" : ","}`,
    created,
    after: `${after === "" ? "" : `,${after}`}${tail}`,
  };
}

function isSameCell(left: JsonValue, right: JsonValue | undefined): boolean {
  return left === right || (typeof left === "object" && JSON.stringify(left) === JSON.stringify(right));
}

function textAt(value: JsonValue | undefined, name: string): string {
  const found = isJsonObject(value) ? value[name] : undefined;
  return typeof found === "string" ? found : "";
}

const quote = 0x22;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/** Where the metadata ends in a stored body, its closing brace included: the body begins inside of it. */
export function endOfMetadata(body: Uint8Array): number {
  let depth = 1;
  let at = 0;
  while (at < body.length) {
    const byte = body[at++];
    if (byte === quote) at = endOfText(body, at);
    else if (byte === open) depth++;
    else if (byte === close && --depth === 0) return at;
  }
  return at;
}

/** The place after the closing quote of a text that begins at `from`. */
function endOfText(body: Uint8Array, from: number): number {
  let at = body.indexOf(quote, from);
  while (at >= 0 && isEscaped(body, at, from)) at = body.indexOf(quote, at + 1);
  return at < 0 ? body.length : at + 1;
}

function isEscaped(body: Uint8Array, at: number, from: number): boolean {
  let before = at - 1;
  while (before >= from && body[before] === backslash) before--;
  return (at - 1 - before) % 2 === 1;
}
