/** Makes again what a receipt says was deleted. */
import { isAlreadyExists, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { describeObject } from "@lateen/objects";
import { OperationError } from "@lateen/workflow";
import type { Compression } from "./controller/ports.ts";
import { ownerUidAnnotation } from "./controller/ownership.ts";
import { readReceipt, receiptType, restorable } from "./controller/receipts.ts";

export interface UndoTarget {
  readonly namespace: string;
  /** Name of the receipt. */
  readonly name: string;
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal;
}

export interface Undone {
  readonly restored: readonly string[];
  /** Objects of these names are there: they are left as they are. */
  readonly existing: readonly string[];
}

/** The Application, if it went too, comes first; then its objects. @throws OperationError for no receipt, ApiError. */
export async function undoDeletion(
  client: Client,
  { namespace, name, compression, signal }: UndoTarget,
): Promise<Undone> {
  const secret = await client
    .get({ apiVersion: "v1", kind: "Secret", namespace, name }, { signal })
    .catch((error: unknown) => {
      if (isNotFound(error)) throw new OperationError(`there is no receipt ${namespace}/${name}: its time may be over`);
      throw error;
    });
  if (secret.type !== receiptType) throw new OperationError(`Secret ${namespace}/${name} is no receipt`);
  const restored: string[] = [];
  const existing: string[] = [];
  let uid: string | undefined;
  for (const { object } of readReceipt(secret, compression).deletions) {
    const { annotations = {}, ...metadata } = restorable(object).metadata;
    const { [ownerUidAnnotation]: old, ...others } = annotations;
    const claim = old === undefined ? {} : { [ownerUidAnnotation]: uid ?? old };
    const again = { ...restorable(object), metadata: { ...metadata, annotations: { ...others, ...claim } } };
    try {
      const made = await client.create(again, { signal });
      if (object.kind === "Application") uid = made.metadata.uid;
      restored.push(describeObject(object));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      existing.push(describeObject(object));
    }
  }
  return { restored, existing };
}
