import { type JsonObject, type JsonValue, canonicalJson } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import {
  type App,
  type AppComponent,
  appAnnotations,
  componentJson,
  revisionNumber,
} from "../application/application.ts";

export interface ClusterVersion {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly platform: string;
}

/** What a rendering knows besides the Application: where it goes and what runs there already. */
export interface RenderContext {
  /** Cluster of the placement; "" where none is chosen (`dry-run`). */
  readonly cluster: string;
  readonly clusterVersion: ClusterVersion;
  /** Namespace that a placement puts objects into. */
  readonly namespace?: string | undefined;
  /** What `context.namespace` says where it is another one. */
  readonly fieldNamespace?: string;
  /** Hash of the component, "" in a dry run. */
  readonly revision?: string;
  readonly custom?: JsonObject | undefined;
  /** The component's live main object, if it exists. */
  readonly liveOutput?: JsonObject | undefined;
}

/** `minor` as templates compare it: `31+` counts 31, nothing counts 0. */
export function minorNumber(minor: string): number {
  const digits = minor.replace(/[.+\-/?!]+$/, "");
  return /^\d+$/.test(digits) ? Number(digits) : 0;
}

/** Deeper data is sorted by way of its text, which needs no stack. */
const maxSortedDepth = 200;

/** Data with sorted keys, as properties pass through a map before a template sees them. Parts that are sorted are shared. */
export function sorted<T extends JsonValue>(value: T): T {
  return sortedAt(value, 0) as T;
}

function sortedAt(value: JsonValue, depth: number): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxSortedDepth) return JSON.parse(canonicalJson(value)) as JsonValue;
  if (Array.isArray(value)) {
    const items = (value as readonly JsonValue[]).map((item) => sortedAt(item, depth + 1));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const object = value as JsonObject;
  const keys = Object.keys(object);
  let same = true;
  const members: [string, JsonValue][] = [];
  for (const [index, key] of keys.entries()) {
    const member = object[key];
    if (index > 0 && keys[index - 1]! > key) same = false;
    if (member === undefined) {
      same = false;
      continue;
    }
    const next = sortedAt(member, depth + 1);
    if (next !== member) same = false;
    members.push([key, next]);
  }
  if (same) return value;
  return Object.fromEntries(members.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** A cluster whose version is not known counts as one of the control plane's. */
function versionJson(given: ClusterVersion): JsonObject {
  const { major, minor, gitVersion, platform } = given.minor === "" ? defaultClusterVersion : given;
  return { major, minor: minorNumber(minor), gitVersion, platform };
}

const readers = new Map<string, boolean>();
const maxReaders = 2_000;

/** Whether a template may read `context.components`: by name, or by taking `context` whole. */
export function readsComponents(template: string): boolean {
  const known = readers.get(template);
  if (known !== undefined) return known;
  const reads = template.includes("components") || /\bcontext\b(?!\s*\.\s*[A-Za-z_])/.test(template);
  if (readers.size >= maxReaders) readers.clear();
  readers.set(template, reads);
  return reads;
}

/** The fields of `context` that do not depend on the component. */
export function applicationContext(app: App, context: RenderContext): JsonObject {
  return {
    namespace:
      context.fieldNamespace ??
      (context.namespace === undefined || context.namespace === "" ? app.namespace : context.namespace),
    appName: app.name,
    appRevision: app.revisionName,
    appRevisionNum: revisionNumber(app.revisionName),
    appLabels: { ...app.labels },
    appAnnotations: { ...app.annotations },
    revision: context.revision ?? "",
    cluster: context.cluster,
    clusterVersion: versionJson(context.clusterVersion),
    components: app.components.map(componentJson),
    workflowName: app.annotations[appAnnotations.workflowName] ?? "",
    publishVersion: app.annotations[appAnnotations.publishVersion] ?? "",
    ...(context.custom === undefined ? {} : { custom: context.custom }),
  };
}

/** `context` of a component's template. All components are in it only where one of the templates may read them. */
export function componentContext(
  app: App,
  component: AppComponent,
  context: RenderContext,
  templates: readonly string[] = ["components"],
): JsonObject {
  const seen = templates.some(readsComponents) ? app : { ...app, components: [] };
  return {
    name: component.name,
    ...applicationContext(seen, context),
    replicaKey: component.replicaKey ?? "",
    parameter: component.properties ?? {},
    ...(context.liveOutput === undefined ? {} : { output: context.liveOutput }),
  };
}

/** The control plane that a rendering assumes where nothing else is said. */
export const defaultClusterVersion: ClusterVersion = {
  major: "1",
  minor: "31",
  gitVersion: "v1.31.10",
  platform: "linux/amd64",
};

export function isKubeObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && typeof (value as { kind?: unknown }).kind === "string";
}
