import type { KubeObject } from "@lateen/objects";
import type { Resource } from "../registry/resource.ts";
import type { Core } from "../server/core.ts";
import type { Entry } from "../store/store.ts";
import { convertObject } from "./convert.ts";

/** An object in the version of `resource`. @throws what a conversion answers. */
export async function convertTo(core: Core, resource: Resource, object: KubeObject): Promise<KubeObject> {
  const tag = resource.custom?.tag ?? "";
  return core.converter.settle(() => convertObject(resource, object, { tag, converter: core.converter }));
}

/** A stored object in the version of `resource`. @throws what a conversion answers. */
export async function readEntry(core: Core, resource: Resource, entry: Entry): Promise<KubeObject> {
  return core.converter.settle(() => core.reader.read(resource, entry));
}

/** Runs a calculation over stored objects, whose conversions are asked for together. */
export function withEntries<T>(
  core: Core,
  { resource, entries }: { readonly resource: Resource; readonly entries: readonly Entry[] },
  run: () => T,
): T | Promise<T> {
  if (!isConvertedByWebhook(resource)) return run();
  return core.converter.settleAll(
    entries.map((entry) => () => core.reader.readOnce(resource, entry)),
    run,
  );
}

export function isConvertedByWebhook({ custom }: Resource): boolean {
  return custom?.conversion !== undefined;
}
