/** Forgets Events an hour after they were last told of, as kube-apiserver does by their lease in etcd. */
import { isNotFound } from "@lateen/base";
import type { Controller, Environment, ReconcileContext } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";

const ttlMs = 3_600_000;
const intervalMs = 600_000;
const eventKind = { apiVersion: "v1", kind: "Event" } as const;
const everything = { namespace: "", name: "events" };

/** It looks every ten minutes, and keeps no Event in a cache. */
export function createEventExpiry(environment: Environment): Controller {
  return {
    name: "event-expiry",
    sources: [],
    async feed(enqueue, { signal }) {
      for (;;) {
        await environment.clock.sleep(intervalMs, { signal });
        enqueue(everything);
      }
    },
    reconcile: (_, context) => expireEvents(environment, context),
  };
}

async function expireEvents({ client, clock }: Environment, { signal }: ReconcileContext): Promise<void> {
  const now = clock.now();
  let next: string | undefined;
  do {
    const page = await client.list(eventKind, { limit: 500, signal, ...(next !== undefined && { continue: next }) });
    for (const event of page.items) {
      if (now - lastTold(event) < ttlMs) continue;
      const { namespace, name = "" } = event.metadata;
      await client.delete({ ...eventKind, namespace, name }, { signal }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
    next = page.continue;
  } while (next !== undefined);
}

/** An Event without any time is as old as its object. */
function lastTold(event: KubeObject): number {
  const { series, lastTimestamp, eventTime, metadata } = event as KubeObject & {
    readonly series?: { readonly lastObservedTime?: string };
    readonly lastTimestamp?: string | null;
    readonly eventTime?: string | null;
  };
  return Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "") || 0;
}
