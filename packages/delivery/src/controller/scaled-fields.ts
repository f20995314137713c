/** Fields that an autoscaler keeps: whose they are is read from `metadata.managedFields`, so that repair leaves them alone. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, asJson, valueAt } from "@lateen/objects";
import { lookupFieldAt, withoutFieldAt } from "../render/field-path.ts";

/** Managers that change what others have declared, by their trade. */
const scalers = /(?:horizontal-pod-autoscaler|autoscal|^vpa-|^keda-)/;

export interface ScaledField {
  readonly path: readonly string[];
  readonly manager: string;
}

/** Fields that differ from the manifest because an autoscaler has set them. */
export function scaledFields(object: KubeObject, live: KubeObject): readonly ScaledField[] {
  const entries = live.metadata.managedFields;
  if (!Array.isArray(entries)) return [];
  const found: ScaledField[] = [];
  for (const entry of entries as unknown as readonly JsonObject[]) {
    const manager = typeof entry.manager === "string" ? entry.manager : "";
    if (entry.subresource !== "scale" && !scalers.test(manager)) continue;
    const fields = valueAt(entry, "fieldsV1");
    if (!isJsonObject(fields)) continue;
    for (const path of leafPaths(fields)) {
      const wanted = lookupFieldAt(asJson(object), path);
      if (wanted !== undefined && path[0] === "spec" && wanted !== lookupFieldAt(asJson(live), path))
        found.push({ path, manager });
    }
  }
  return found;
}

const maxDepth = 40;

/** Paths of plain fields; members of lists are nobody's to leave alone singly. */
function leafPaths(fields: JsonObject, path: readonly string[] = []): readonly (readonly string[])[] {
  if (path.length > maxDepth) return [];
  return Object.entries(fields).flatMap(([key, inner]) => {
    if (!key.startsWith("f:")) return [];
    const here = [...path, key.slice(2)];
    return isJsonObject(inner) && Object.keys(inner).some((one) => one !== ".") ? leafPaths(inner, here) : [here];
  });
}

/** The manifest without what an autoscaler keeps in the live object. */
export function withoutScaledFields(object: KubeObject, live: KubeObject): KubeObject {
  let result: JsonValue | undefined = asJson(object);
  for (const { path } of scaledFields(object, live)) result = withoutFieldAt(result, path);
  return result as unknown as KubeObject;
}
