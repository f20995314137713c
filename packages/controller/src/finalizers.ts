import { isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import type { KubeObject } from "@lateen/objects";

export interface FinalizerOptions {
  readonly client: Client;
  readonly finalizer: string;
  readonly signal: AbortSignal;
}

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) === true;
}

export function isBeingDeleted(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** The object with the finalizer; nothing is written if it has it. @throws Conflict when the object has changed meanwhile. */
export async function addFinalizer<T extends KubeObject>(object: T, options: FinalizerOptions): Promise<T> {
  if (hasFinalizer(object, options.finalizer)) return object;
  return writeFinalizers(object, [...(object.metadata.finalizers ?? []), options.finalizer], options);
}

/** Lets go of the object; nothing is written if the finalizer is gone, nothing thrown if the object is. @throws Conflict. */
export async function removeFinalizer(object: KubeObject, options: FinalizerOptions): Promise<void> {
  if (!hasFinalizer(object, options.finalizer)) return;
  const rest = (object.metadata.finalizers ?? []).filter((name) => name !== options.finalizer);
  try {
    await writeFinalizers(object, rest, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function writeFinalizers<T extends KubeObject>(
  object: T,
  finalizers: readonly string[],
  { client, signal }: FinalizerOptions,
): Promise<T> {
  const { apiVersion, kind, metadata } = object;
  return client.patch<T>(
    { apiVersion, kind, namespace: metadata.namespace, name: metadata.name ?? "" },
    {
      kind: "merge",
      value: {
        metadata: {
          finalizers,
          ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
          ...(metadata.uid !== undefined && { uid: metadata.uid }),
        },
      },
    },
    { signal },
  );
}
