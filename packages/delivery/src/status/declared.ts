/** A live object as what is declared of it: what the cluster, the revision or the time decide is left out. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

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

/** Two of them are equal where no person would call the objects different. */
export function declaredOf(object: KubeObject): JsonObject {
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
