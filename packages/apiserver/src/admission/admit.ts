import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";

export interface Admission {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly object: KubeObject;
  readonly old?: KubeObject | undefined;
  readonly options: Pick<WriteOptions, "dryRun">;
}

/** Everything that may change or refuse a write before it is validated. @throws Forbidden and what else a part answers. */
export function admit(_request: ResourceRequest, { object }: Admission): Promise<KubeObject> {
  return Promise.resolve(object);
}
