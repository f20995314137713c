/**
 * Receipts of deletions: what was deleted, as it was, written before it goes, so that it can be made again. They are Secrets,
 * for what they hold may be one.
 */
import { type JsonObject, isAlreadyExists, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { timestampOf } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { App } from "../application/application.ts";
import { contentHash } from "./content-hash.ts";
import type { Compression } from "./ports.ts";
import { fromBase64, toBase64 } from "./revision-content.ts";

export const receiptType = "lateen.dev/receipt";
export const receiptLabel = "lateen.dev/receipt";
export const expiresAnnotation = "lateen.dev/expires";
const secretApi = { apiVersion: "v1", kind: "Secret" } as const;

const keptMs = 24 * 3_600_000;
/** A Secret holds 1 MiB. */
const maxBytes = 900_000;

export interface Deletion {
  readonly cluster: string;
  readonly component: string;
  readonly object: KubeObject;
}

export interface Receipt {
  readonly application: string;
  readonly reason: string;
  readonly deletedAt: string;
  readonly deletions: readonly Deletion[];
}

interface ReceiptTools {
  readonly client: Client;
  readonly compression: Compression | undefined;
  readonly signal: AbortSignal;
}

/** Writes what is about to be deleted. The same deletions have the same receipt. @returns its names. */
export async function writeReceipts(
  app: App,
  {
    reason,
    deletions,
    now,
  }: { readonly reason: string; readonly deletions: readonly Deletion[]; readonly now: number },
  tools: ReceiptTools,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const part of partsOf(deletions)) {
    const receipt: Receipt = {
      application: `${app.namespace}/${app.name}`,
      reason,
      deletedAt: timestampOf(now),
      deletions: part,
    };
    const name = `receipt-${app.name}-${contentHash(part.map(({ object }) => object.metadata.uid ?? "")).slice(0, 10)}`;
    names.push(name);
    await tools.client
      .create(receiptObject(app, receipt, { name, now, compression: tools.compression }), tools)
      .catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
  }
  return names;
}

function partsOf(deletions: readonly Deletion[]): readonly (readonly Deletion[])[] {
  const parts: Deletion[][] = [];
  let room = 0;
  for (const deletion of deletions) {
    const bytes = JSON.stringify(deletion).length;
    if (bytes > room) {
      parts.push([]);
      room = maxBytes;
    }
    parts.at(-1)!.push(deletion);
    room -= bytes;
  }
  return parts;
}

function receiptObject(
  app: App,
  receipt: Receipt,
  {
    name,
    now,
    compression,
  }: { readonly name: string; readonly now: number; readonly compression: Compression | undefined },
): KubeObject {
  const bytes = new TextEncoder().encode(JSON.stringify(receipt));
  const data =
    compression === undefined
      ? { "receipt.json": toBase64(bytes) }
      : { "receipt.json.gz": toBase64(compression.gzip(bytes)) };
  return {
    ...secretApi,
    metadata: {
      name,
      namespace: app.namespace,
      labels: { [receiptLabel]: "true", [`${receiptLabel}-of`]: app.name.slice(0, 63) },
      annotations: {
        [expiresAnnotation]: timestampOf(now + keptMs),
        "lateen.dev/reason": receipt.reason,
        "lateen.dev/deleted": receipt.deletions
          .map(({ object }) => `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`)
          .join(", ")
          .slice(0, 4_000),
      },
    },
    type: receiptType,
    data,
  } as unknown as KubeObject;
}

/** @throws Error for an object that is no receipt. */
export function readReceipt(secret: KubeObject, compression: Compression | undefined): Receipt {
  const plain = valueAt(secret, "data", "receipt.json");
  const packed = valueAt(secret, "data", "receipt.json.gz");
  if (typeof packed === "string" && compression === undefined)
    throw new Error(`receipt ${secret.metadata.name} is compressed, which cannot be read here`);
  const bytes =
    typeof plain === "string"
      ? fromBase64(plain)
      : typeof packed === "string"
        ? compression!.gunzip(fromBase64(packed))
        : undefined;
  const content: unknown = bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
  if (!isJsonObject(content)) throw new Error(`Secret ${secret.metadata.name} is no receipt`);
  return content as unknown as Receipt;
}

/** Receipts of an application whose time is over go. */
export async function dropExpiredReceipts(app: App, now: number, { client, signal }: ReceiptTools): Promise<void> {
  const { items } = await client.list(
    { ...secretApi, namespace: app.namespace },
    { labelSelector: `${receiptLabel}=true,${receiptLabel}-of=${app.name.slice(0, 63)}`, signal },
  );
  for (const { metadata } of items) {
    const expires = Date.parse(metadata.annotations?.[expiresAnnotation] ?? "");
    if (!(expires < now)) continue;
    await client
      .delete({ ...secretApi, namespace: app.namespace, name: metadata.name! }, { signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}

const serverFields = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "managedFields",
  "ownerReferences",
  "selfLink",
  "finalizers",
]);

/** An object as it can be made again: without what the server gave it, and bearing no claim of an application that may be gone. */
export function restorable(object: KubeObject): KubeObject {
  const { status: _, metadata, ...rest } = object;
  const own = Object.fromEntries(Object.entries(metadata).filter(([key]) => !serverFields.has(key)));
  const spec = (rest as { spec?: JsonObject }).spec;
  const unbound = object.kind === "Service" && isJsonObject(spec) && spec.clusterIP !== "None";
  const { clusterIP: __, clusterIPs: ___, ...service } = unbound ? spec : ({} as JsonObject);
  return { ...rest, ...(unbound && { spec: service }), metadata: own } as unknown as KubeObject;
}
