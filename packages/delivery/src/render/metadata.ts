/**
 * Names, namespaces, labels and annotations of rendered objects. Per key the engine's own labels win, then the
 * Application's labels and annotations, then what templates and traits wrote. Source: kubevela-engine.md 3.4.
 */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type App, appAnnotations } from "../application/application.ts";
import { objectHash } from "./object-hash.ts";

export const oamLabels = {
  name: "app.oam.dev/name",
  namespace: "app.oam.dev/namespace",
  component: "app.oam.dev/component",
  appRevision: "app.oam.dev/appRevision",
  revision: "app.oam.dev/revision",
  revisionHash: "app.oam.dev/app-revision-hash",
  resourceType: "app.oam.dev/resourceType",
  cluster: "app.oam.dev/cluster",
  uid: "app.oam.dev/uid",
  workloadType: "workload.oam.dev/type",
  traitType: "trait.oam.dev/type",
  traitResource: "trait.oam.dev/resource",
  manageWorkload: "trait.oam.dev/manage-workload",
  renderHash: "oam.dev/render-hash",
} as const;

/** What the controller adds to a rendering: absent in a dry run. */
export interface DispatchLabels {
  readonly revisionHash: string;
  /** Cluster that a step names; a label that the template wrote stays. */
  readonly cluster?: string | undefined;
}

export interface ObjectOrigin {
  readonly component: string;
  readonly componentType: string;
  /** Absent for the workload. */
  readonly trait?: { readonly type: string; readonly output: string; readonly managesWorkload: boolean };
}

export const auxiliaryWorkload = "AuxiliaryWorkload";

const typeLabel = (type: string): string => type.replace("@", "-");

/** Completes a rendered object as the delivery of `app` needs it. */
export function completeObject(
  object: JsonObject,
  app: App,
  origin: ObjectOrigin,
  dispatch: DispatchLabels | undefined,
): KubeObject {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const own = engineLabels(app, origin, dispatch);
  const name = nameOf(object, origin, app);
  const namespace =
    typeof metadata.namespace === "string" && metadata.namespace !== "" ? metadata.namespace : app.namespace;
  return {
    ...object,
    metadata: {
      ...metadata,
      name,
      ...(object.kind === "Namespace" && metadata.namespace === undefined ? {} : { namespace }),
      labels: { ...clusterLabel(dispatch), ...stringsOf(metadata.labels), ...inheritedLabels(app), ...own },
      annotations: { ...stringsOf(metadata.annotations), ...inheritedAnnotations(app) },
    },
  } as unknown as KubeObject;
}

const clusterLabel = (dispatch: DispatchLabels | undefined): Record<string, string> =>
  dispatch?.cluster === undefined ? {} : { [oamLabels.cluster]: dispatch.cluster };

function engineLabels(app: App, origin: ObjectOrigin, dispatch: DispatchLabels | undefined): Record<string, string> {
  const { trait } = origin;
  const filtered = new Set(listed(app.annotations[appAnnotations.filterLabels], "trimmed"));
  const labels: Record<string, string> = {
    [oamLabels.name]: app.name,
    [oamLabels.component]: origin.component,
    [oamLabels.appRevision]: app.revisionName,
    [oamLabels.namespace]: app.namespace,
    ...(dispatch === undefined ? {} : { [oamLabels.revisionHash]: dispatch.revisionHash, [oamLabels.revision]: "" }),
    ...(trait === undefined
      ? { [oamLabels.workloadType]: typeLabel(origin.componentType), [oamLabels.resourceType]: "WORKLOAD" }
      : {
          [oamLabels.traitType]: typeLabel(trait.type),
          [oamLabels.traitResource]: trait.output,
          [oamLabels.resourceType]: "TRAIT",
          ...(dispatch !== undefined && trait.managesWorkload ? { [oamLabels.manageWorkload]: "true" } : {}),
        }),
  };
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !filtered.has(key)));
}

function listed(text: string | undefined, blanks: "trimmed" | "kept"): readonly string[] {
  if (text === undefined || text === "") return [];
  return text.split(",").map((part) => (blanks === "trimmed" ? part.trim() : part));
}

function inheritedLabels(app: App): Record<string, string> {
  const filtered = new Set(listed(app.annotations[appAnnotations.filterLabels], "trimmed"));
  return Object.fromEntries(Object.entries(app.labels).filter(([key]) => !filtered.has(key)));
}

const neverInherited: ReadonlySet<string> = new Set([
  "app.oam.dev/inplace-upgrade",
  appAnnotations.filterLabels,
  appAnnotations.filterAnnotations,
  "kubectl.kubernetes.io/last-applied-configuration",
  // Whose application it is concerns nobody who reads its objects.
  appAnnotations.username,
  appAnnotations.group,
]);

function inheritedAnnotations(app: App): Record<string, string> {
  const filtered = new Set(listed(app.annotations[appAnnotations.filterAnnotations], "kept"));
  return Object.fromEntries(
    Object.entries(app.annotations).filter(([key]) => !neverInherited.has(key) && !filtered.has(key)),
  );
}

function stringsOf(value: unknown): Record<string, string> {
  return isJsonObject(value) ? (value as Record<string, string>) : {};
}

function nameOf(object: JsonObject, origin: ObjectOrigin, app: App): string {
  const given = valueAt(object, "metadata", "name");
  if (typeof given === "string" && given !== "") return given;
  if (origin.trait === undefined) return origin.component;
  const type = origin.trait.type === "" ? "trait" : typeLabel(origin.trait.type).toLowerCase();
  return `${origin.component}-${type}-${objectHash(hashedForm(object, origin, app))}`;
}

/** The object as rendered with the four labels that the hash of its name covers. */
function hashedForm(object: JsonObject, origin: ObjectOrigin, app: App): JsonObject {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const labels = {
    ...stringsOf(metadata.labels),
    [oamLabels.name]: app.name,
    [oamLabels.component]: origin.component,
    [oamLabels.traitType]: typeLabel(origin.trait!.type),
    [oamLabels.traitResource]: origin.trait!.output,
  };
  return { ...object, metadata: { ...metadata, labels } };
}
