import type { KubeObject } from "@lateen/objects";
import type { Resource } from "../registry/resource.ts";
import type { Core } from "../server/core.ts";
import { convertObject } from "./convert.ts";

/** An object in the version of `resource`. @throws what a conversion answers. */
export function convertTo(core: Core, resource: Resource, object: KubeObject): Promise<KubeObject> {
  return Promise.resolve(convertObject(resource, object, resource.custom?.tag ?? "", core.rules));
}
