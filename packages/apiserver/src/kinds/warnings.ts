import type { Kind } from "@lateen/objects";

/** Served versions that say at every request what to use instead (k8s.io/api, APILifecycle). */
const deprecated: Readonly<Record<string, string>> = {
  "/v1/Endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  "/v1/ComponentStatus": "v1 ComponentStatus is deprecated in v1.19+",
};

export function deprecationWarning({ group, version, kind }: Kind): string | undefined {
  return group === "" ? deprecated[`/${version}/${kind}`] : undefined;
}
