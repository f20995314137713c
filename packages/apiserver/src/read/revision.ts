import type { ResourceRequest } from "../request/context.ts";
import { statusError } from "../status/errors.ts";

/** How long a read waits for a revision that is not reached yet (as kube-apiserver's watch cache does). */
const waitMs = 3_000;

/** @throws Timeout when the store does not reach `revision` in time. */
export async function waitForRevision(request: ResourceRequest, revision: number): Promise<void> {
  const { store, clock } = request.core;
  if (store.revision >= revision) return;
  const until = clock.now() + waitMs;
  while (store.revision < revision && clock.now() < until) {
    await clock.sleep(Math.min(50, until - clock.now()), { signal: request.http.signal });
  }
  if (store.revision >= revision) return;
  const message = `Too large resource version: ${revision}, current: ${store.revision}`;
  throw statusError(504, "Timeout", message, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
