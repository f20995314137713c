/**
 * Whether a fleet of Applications would run here as it runs where it was exported: everything exported is loaded into an
 * empty store, the Applications are delivered over it in virtual time, and what that changes is told.
 */
import { type Clock, type JsonObject, errorMessage, isJsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { declaredOf, oamLabels, validationAnnotation } from "@lateen/delivery/pure";
import { type KubeObject, describeObject } from "@lateen/objects";
import { assumeNamespace } from "./apply-objects.ts";
import { previewDelivery } from "./preview.ts";
import type { PreviewChange, PreviewEnd, PreviewRefusal } from "./report.ts";

export interface FleetRefusal {
  readonly field: string;
  /** Why, and what to write instead. */
  readonly message: string;
}

export interface FleetApplication {
  readonly namespace: string;
  readonly name: string;
  /**
   * `same`: it renders, and what runs stays as it is; `differs`: it renders, and something would change; `unknown`: it
   * renders, and nothing that it makes was exported; `fails`: its workflow does not come to its end; `refused`.
   */
  readonly verdict: "same" | "differs" | "unknown" | "fails" | "refused";
  readonly end: PreviewEnd;
  readonly message: string;
  readonly changes: readonly PreviewChange[];
  readonly refusals: readonly FleetRefusal[];
  /** Refused when strict, and taken where the Application says `lateen.dev/validation: kubevela`. */
  readonly acceptedLeniently: boolean;
}

export interface UnownedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
}

export interface Fleet {
  readonly applications: readonly FleetApplication[];
  readonly unowned: readonly UnownedObject[];
  /** What was exported and could not be loaded. */
  readonly notLoaded: readonly { readonly object: string; readonly reason: string }[];
}

/** Objects that controllers make from others, or that no person declares. */
const derivedKinds = new Set([
  "Pod",
  "ReplicaSet",
  "ControllerRevision",
  "Event",
  "EndpointSlice",
  "Endpoints",
  "Lease",
  "Node",
  "ResourceTracker",
  "ApplicationRevision",
  "DefinitionRevision",
  "ComponentStatus",
]);
/** Kinds that people run; others that nobody owns are the cluster's own affair. */
const ownableKinds = new Set([
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
  "Service",
  "Ingress",
  "ConfigMap",
  "PersistentVolumeClaim",
  "HorizontalPodAutoscaler",
]);
const systemObjects =
  /^(?:kube-root-ca\.crt|kubernetes|extension-apiserver-authentication)$|^(?:workflow-|schema-|component-schema-|trait-schema-|workflowstep-schema-|policy-schema-)/;

const isApplication = ({ apiVersion, kind }: KubeObject): boolean =>
  apiVersion.startsWith("core.oam.dev/") && kind === "Application";
const isDefinition = ({ apiVersion, kind }: KubeObject): boolean =>
  apiVersion.startsWith("core.oam.dev/") && kind.endsWith("Definition");

/** @param exported as `kubectl get -o yaml` gives them: Lists are taken apart. */
export async function tryFleet(
  exported: readonly KubeObject[],
  { clock, signal }: { readonly clock: Pick<Clock, "now">; readonly signal: AbortSignal },
): Promise<Fleet> {
  const objects = exported
    .flatMap((object) => itemsOf(object))
    .filter((object) => !isDerived(object))
    .map((object) => unstamped(object));
  const applications = objects.filter(isApplication);
  const others = objects.filter((object) => !isApplication(object));
  const notLoaded: Fleet["notLoaded"][number][] = [];
  const seed = async ({ client }: { readonly client: Client }): Promise<void> => {
    for (const object of others.toSorted((a, b) => rank(a) - rank(b))) {
      try {
        await load(client, object, signal);
      } catch (error) {
        signal.throwIfAborted();
        notLoaded.push({ object: describeObject(object), reason: errorMessage(error) });
      }
    }
  };
  const run = (subjects: readonly KubeObject[], loading: typeof seed) =>
    previewDelivery(
      { objects: subjects, resume: "all", force: true },
      { clock, seed: loading, scope: "all" },
      { signal },
    );
  const preview = await run(applications, seed);
  const refused = new Set(preview.refusals.map(({ index }) => index));
  const lenient = await lenientlyTaken(applications, { refused, run: (subjects) => run(subjects, seed) });
  const live = new Set(others.map((object) => keyOf(object)));
  const made = new Set(preview.subjects.flatMap(({ resources }) => resources.map(({ manifest }) => keyOf(manifest))));
  return {
    applications: preview.subjects.map(({ namespace, name, end, message, resources }, index): FleetApplication => {
      const own = new Set(resources.map(({ manifest }) => keyOf(manifest)));
      const isKnown = [...own].some((key) => live.has(key));
      const changes = preview.changes.filter(
        (change) =>
          own.has(keyOf((change.after ?? change.before)!)) &&
          (change.action !== "created" || isKnown) &&
          (change.action !== "changed" ||
            JSON.stringify(declaredOf(change.before!)) !== JSON.stringify(declaredOf(change.after!))),
      );
      const refusals = preview.refusals.filter((one) => one.index === index).flatMap(refusalsOf);
      const fails = end === "failed" || end === "stopped" || end === "waiting";
      const verdict = refused.has(index)
        ? "refused"
        : fails
          ? "fails"
          : !isKnown && own.size > 0
            ? "unknown"
            : changes.length > 0
              ? "differs"
              : "same";
      return { namespace, name, verdict, end, message, changes, refusals, acceptedLeniently: lenient.has(index) };
    }),
    unowned: others
      .filter((object) => !made.has(keyOf(object)))
      .flatMap((object) => unownedReason(object, applications)),
    notLoaded: notLoaded.filter((one, index) => notLoaded.findIndex(({ object }) => object === one.object) === index),
  };
}

/** Which of the refused ones KubeVela's rules would take. */
async function lenientlyTaken(
  applications: readonly KubeObject[],
  {
    refused,
    run,
  }: {
    readonly refused: ReadonlySet<number>;
    readonly run: (subjects: readonly KubeObject[]) => ReturnType<typeof previewDelivery>;
  },
): Promise<ReadonlySet<number>> {
  if (refused.size === 0) return new Set();
  const indexes = [...refused];
  const subjects = indexes.map((index) => {
    const object = applications[index]!;
    const annotations = { ...object.metadata.annotations, [validationAnnotation]: "kubevela" };
    return { ...object, metadata: { ...object.metadata, annotations } };
  });
  const { refusals } = await run(subjects);
  const still = new Set(refusals.map(({ index }) => indexes[index]));
  return new Set(indexes.filter((index) => !still.has(index)));
}

function itemsOf(object: KubeObject, depth = 0): readonly KubeObject[] {
  const { items } = object as unknown as JsonObject;
  if (!object.kind.endsWith("List") || !Array.isArray(items) || depth > 4) return [object];
  return items.filter(isJsonObject).flatMap((item) => {
    const typed = { apiVersion: object.apiVersion, kind: object.kind.slice(0, -"List".length), ...item };
    return itemsOf(typed as unknown as KubeObject, depth + 1);
  });
}

/** As a person would have declared it: without what a server has written on it. */
function unstamped(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object;
  const { name, namespace, labels, annotations } = object.metadata;
  const metadata = {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const { spec } = rest as unknown as JsonObject;
  return {
    ...rest,
    metadata,
    ...(isJsonObject(spec) && object.kind === "Service" ? { spec: serviceSpec(spec) } : {}),
  } as KubeObject;
}

/** Addresses are given anew. */
function serviceSpec(spec: JsonObject): JsonObject {
  const given = Object.entries(spec).filter(
    ([name]) => name !== "clusterIPs" && (name !== "clusterIP" || spec.clusterIP === "None"),
  );
  return Object.fromEntries(given);
}

function isDerived({ kind, metadata }: KubeObject): boolean {
  return derivedKinds.has(kind) || metadata.ownerReferences?.some(({ controller }) => controller === true) === true;
}

const rank = ({ kind }: KubeObject): number =>
  kind === "Namespace" ? 0 : kind === "CustomResourceDefinition" ? 1 : kind.endsWith("Definition") ? 2 : 3;

async function load(client: Client, object: KubeObject, signal: AbortSignal): Promise<void> {
  const { namespace } = object.metadata;
  if (namespace !== undefined) await assumeNamespace(client, namespace, signal);
  await client.apply(object, { fieldManager: "exported", force: true, signal });
}

function refusalsOf({ status }: PreviewRefusal): readonly FleetRefusal[] {
  const causes = status.details?.causes ?? [];
  if (causes.length === 0) return [{ field: "", message: status.message }];
  return causes.map(({ field = "", message = "" }) => ({ field, message }));
}

function unownedReason(object: KubeObject, applications: readonly KubeObject[]): readonly UnownedObject[] {
  const { apiVersion, kind, metadata } = object;
  const { name = "", namespace = "", labels = {} } = metadata;
  if (!ownableKinds.has(kind) || systemObjects.test(name) || isDefinition(object)) return [];
  if (namespace === "vela-system" || namespace.startsWith("kube-")) return [];
  const owner = labels[oamLabels.name];
  const place = labels[oamLabels.namespace] ?? namespace;
  const known = applications.some(
    (one) => one.metadata.name === owner && (one.metadata.namespace ?? "default") === place,
  );
  const reason =
    owner === undefined
      ? "no Application has made it"
      : known
        ? `it is marked as one of ${place}/${owner}, which does not make it`
        : `it is marked as one of ${place}/${owner}, which was not exported`;
  return [{ apiVersion, kind, namespace, name, reason }];
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""}/${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}
