import { codeOf } from "@lateen/base";
import { apiVersionOf, type KubeObject } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { type ListMeta, listAnswer } from "../answer/shapes.ts";
import { writeTable } from "../answer/table-rows.ts";
import { withEntries } from "../object/convert-to.ts";
import { isPassThrough } from "../object/object-reader.ts";
import { ByteWriter } from "../object/byte-writer.ts";
import { storedBody } from "../object/stored-form.ts";
import type { ResourceRequest } from "../request/context.ts";
import { collectionPrefix, keyOf } from "../registry/resource.ts";
import { expired, statusError } from "../status/errors.ts";
import type { Entry } from "../store/store.ts";
import { formatContinue, type ListOptions, parseListOptions } from "./list-options.ts";
import { waitForRevision } from "./revision.ts";
import { isEmptySelection, matchesEntry, parseSelection, type Selection } from "./selection.ts";

/** GET of a collection. */
export async function listObjects(request: ResourceRequest): Promise<Answer> {
  const options = parseListOptions(request.query);
  const selection = parseSelection(request.resource, request.query);
  const { entries, meta } = await readCollection(request, { options, selection });
  const { core, resource } = request;
  return withEntries(core, { resource, entries }, () => {
    if (request.form.as?.kind === "Table" && request.form.mediaType === "application/json") {
      return { kind: "json", status: 200, bytes: writeTable(request, { meta, entries }) };
    }
    if (request.form.as !== undefined) {
      return listAnswer(request, { meta, objects: entries.map((entry) => core.reader.readOnce(resource, entry)) });
    }
    return { kind: "json", status: 200, bytes: writeList(request, { meta, entries }) };
  });
}

export interface Collection {
  readonly entries: readonly Entry[];
  readonly meta: ListMeta;
}

/** The entries that a list means, all of one revision. @throws Expired, Timeout. */
export async function readCollection(
  request: ResourceRequest,
  { options, selection }: { readonly options: ListOptions; readonly selection: Selection },
): Promise<Collection> {
  const { core, resource } = request;
  const at = await revisionOf(request, options);
  const prefix = collectionPrefix(resource, request.namespace);
  const after = options.continueFrom === undefined ? undefined : resource.prefix + options.continueFrom.after;
  try {
    const found = await collect(request, { prefix, at, after, selection, limit: options.limit });
    const revision = at ?? core.store.revision;
    if (!found.more) return { entries: found.entries, meta: { resourceVersion: String(revision) } };
    const last = found.entries.at(-1)!.key;
    const remaining = isEmptySelection(selection) ? core.store.count(prefix, { at: revision, after: last }) : undefined;
    const token = formatContinue({ revision, after: last.slice(resource.prefix.length) });
    return {
      entries: found.entries,
      meta: {
        resourceVersion: String(revision),
        continue: token,
        ...(remaining !== undefined && { remainingItemCount: remaining }),
      },
    };
  } catch (error) {
    if (codeOf(error) === "compacted") throw compactedError(request, options);
    throw error;
  }
}

/** The revision to read at: undefined is the latest. */
async function revisionOf(request: ResourceRequest, options: ListOptions): Promise<number | undefined> {
  const { continueFrom, asked, exact } = options;
  if (continueFrom !== undefined) {
    if (continueFrom.revision < 0) return undefined;
    if (continueFrom.revision > request.core.store.revision) throw compactedError(request, options);
    return continueFrom.revision;
  }
  if (asked.kind !== "revision") return undefined;
  await waitForRevision(request, asked.revision);
  return exact ? asked.revision : undefined;
}

function compactedError(request: ResourceRequest, { continueFrom }: ListOptions): Error {
  const { store } = request.core;
  if (continueFrom === undefined) {
    return expired("The resourceVersion for the provided list is too old.");
  }
  const error = statusError(
    410,
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  const token = formatContinue({ revision: -1, after: continueFrom.after });
  Object.assign(error.status, { metadata: { continue: token, resourceVersion: String(store.revision) } });
  return error;
}

interface CollectOptions {
  readonly prefix: string;
  readonly at: number | undefined;
  readonly after: string | undefined;
  readonly selection: Selection;
  readonly limit: number | undefined;
}

/** At most `limit` entries that match, and whether there are more. */
async function collect(
  request: ResourceRequest,
  options: CollectOptions,
): Promise<{ entries: Entry[]; more: boolean }> {
  const { core, resource } = request;
  const { prefix, selection, limit } = options;
  if (selection.name !== undefined && (request.namespace !== undefined || !resource.kind.namespaced)) {
    const entry = core.store.get(keyOf(resource, request.namespace, selection.name), { at: options.at });
    const found = entry !== undefined && (await core.converter.settle(() => matches(request, selection, entry)));
    return { entries: found ? [entry] : [], more: false };
  }
  if (isEmptySelection(selection)) {
    const page = core.store.range(prefix, { at: options.at, after: options.after, limit });
    return { entries: [...page.entries], more: page.more };
  }
  const entries: Entry[] = [];
  let { after, at } = options;
  for (;;) {
    const page = core.store.range(prefix, { at, after, limit: 1000 });
    at = page.revision;
    const chosen = await withEntries(core, { resource, entries: page.entries }, () =>
      page.entries.map((entry) => matches(request, selection, entry)),
    );
    for (const [i, entry] of page.entries.entries()) {
      after = entry.key;
      if (chosen[i] !== true) continue;
      if (limit !== undefined && entries.length === limit) return { entries, more: true };
      entries.push(entry);
    }
    if (!page.more) return { entries, more: false };
  }
}

function matches(request: ResourceRequest, selection: Selection, entry: Entry): boolean {
  return matchesEntry(request.resource, selection, entry, () => request.core.reader.readOnce(request.resource, entry));
}

function read(request: ResourceRequest, entry: Entry): KubeObject {
  return request.core.reader.read(request.resource, entry);
}

const encoder = new TextEncoder();

/** The list as bytes: stored objects are spliced in, and only those of another version are decoded. */
function writeList(request: ResourceRequest, { entries, meta }: Collection): Uint8Array {
  const { resource } = request;
  const apiVersion = apiVersionOf(resource.kind);
  const { kind, listKind } = resource.kind;
  const listMeta = resource.custom === undefined ? meta : { ...meta, continue: meta.continue ?? "" };
  const head = `{"kind":${JSON.stringify(listKind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(listMeta)},"items":[`;
  const itemGvk = resource.custom === undefined ? undefined : { apiVersion, kind };
  const out = new ByteWriter(head.length + entries.reduce((sum, { bytes }) => sum + bytes.length + 128, 16));
  out.text(head);
  const itemHead = itemPrefix(itemGvk);
  for (const [index, entry] of entries.entries()) {
    if (index > 0) out.text(",");
    if (isPassThrough(resource, entry)) {
      out.text(itemHead);
      out.text(`${entry.revision}",`);
      out.bytes(storedBody(entry));
    } else out.bytes(encoder.encode(JSON.stringify(itemOf(read(request, entry), itemGvk !== undefined))));
  }
  out.text("]}\n");
  return out.finish();
}

/** Everything before the revision of an item. */
function itemPrefix(gvk: { readonly apiVersion: string; readonly kind: string } | undefined): string {
  const head =
    gvk === undefined ? "" : `"apiVersion":${JSON.stringify(gvk.apiVersion)},"kind":${JSON.stringify(gvk.kind)},`;
  return `{${head}"metadata":{"resourceVersion":"`;
}

function itemOf(object: KubeObject, withKind: boolean): unknown {
  if (withKind) return object;
  const { apiVersion: _, kind: __, ...rest } = object;
  return rest;
}
