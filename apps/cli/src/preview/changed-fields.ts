/** What a change comes to for a person: fields that others than the user decide, or that no two runs share, are left out. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { PreviewChange } from "@lateen/server/preview";
import type { KubeObject } from "@lateen/objects";
import { type Difference, differencesOf } from "../difference.ts";

const volatileMetadata = new Set([
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "managedFields",
  "selfLink",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "finalizers",
]);
/** Labels and annotations that follow the revision, the UID or the user, not what is declared. */
const volatileMarks = new Set([
  "app.oam.dev/appRevision",
  "app.oam.dev/app-revision-hash",
  "oam.dev/render-hash",
  "oam.dev/kubevela-version",
  "app.oam.dev/last-applied-configuration",
  "app.oam.dev/last-applied-time",
  "app.oam.dev/username",
  "app.oam.dev/group",
  "lateen.dev/application-uid",
  "lateen.dev/validation-passed",
  "deployment.kubernetes.io/revision",
  "kubectl.kubernetes.io/last-applied-configuration",
]);
/** Chosen by the cluster, each time anew. */
const chosenSpec = new Set(["clusterIP", "clusterIPs", "healthCheckNodePort", "volumeName"]);

export function comparable(object: KubeObject): JsonObject {
  const { metadata, status: _, spec, ...rest } = object as unknown as JsonObject;
  return {
    ...rest,
    metadata: metadataOf(isJsonObject(metadata) ? metadata : {}),
    ...(spec === undefined ? {} : { spec: isJsonObject(spec) ? specOf(spec) : spec }),
  };
}

function metadataOf(metadata: JsonObject): JsonObject {
  const kept = Object.entries(metadata).flatMap(([name, value]): [string, JsonValue][] => {
    if (value === undefined || volatileMetadata.has(name)) return [];
    if ((name !== "labels" && name !== "annotations") || !isJsonObject(value)) return [[name, value]];
    const marks = Object.entries(value).filter(([mark]) => !volatileMarks.has(mark)) as [string, JsonValue][];
    return marks.length === 0 ? [] : [[name, Object.fromEntries(marks)]];
  });
  return Object.fromEntries(kept);
}

function specOf(spec: JsonObject): JsonObject {
  const ports = Array.isArray(spec.ports)
    ? spec.ports.map((port): JsonValue => {
        if (!isJsonObject(port)) return port;
        const { nodePort: _, ...rest } = port;
        return rest;
      })
    : undefined;
  return {
    ...Object.fromEntries(Object.entries(spec).filter(([name]) => !chosenSpec.has(name))),
    ...(ports === undefined ? {} : { ports }),
  };
}

/** Empty for a change of what is left out only. */
export function fieldsOf({ before, after }: PreviewChange): readonly Difference[] {
  return differencesOf(before && comparable(before), after && comparable(after));
}

/** Changes that a person would call one. */
export const realChanges = (changes: readonly PreviewChange[]): readonly PreviewChange[] =>
  changes.filter((change) => change.action !== "changed" || fieldsOf(change).length > 0);
