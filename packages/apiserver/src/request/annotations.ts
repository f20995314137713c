import type { ResourceRequest } from "./context.ts";

/** Notes something for the audit log; what is noted first stays. */
export function annotate(request: Pick<ResourceRequest, "annotations">, key: string, value: string): void {
  if (!request.annotations.has(key)) request.annotations.set(key, value);
}
