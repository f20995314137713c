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
  return Array.isArray(value) ? sortedItems(value, depth) : sortedMembers(value as JsonObject, depth);
}

function sortedItems(value: readonly JsonValue[], depth: number): JsonValue {
  for (let i = 0; i < value.length; i++) {
    const item = value[i]!;
    if (typeof item === "object" && item !== null && sortedAt(item, depth + 1) !== item)
      return value.map((one) => sortedAt(one, depth + 1));
  }
  return value as JsonValue;
}

function sortedMembers(object: JsonObject, depth: number): JsonValue {
  const keys = Object.keys(object);
  if (isSorted(object, keys, depth)) return object;
  const members: [string, JsonValue][] = [];
  for (const key of keys.toSorted()) {
    const member = object[key];
    if (member !== undefined) members.push([key, sortedAt(member, depth + 1)]);
  }
  return Object.fromEntries(members);
}

function isSorted(object: JsonObject, keys: readonly string[], depth: number): boolean {
  for (let i = 0; i < keys.length; i++) {
    const member = object[keys[i]!];
    if (member === undefined || (i > 0 && keys[i - 1]! > keys[i]!)) return false;
    if (typeof member === "object" && member !== null && sortedAt(member, depth + 1) !== member) return false;
  }
  return true;
}

/** A cluster whose version is not known counts as one of the control plane's. */
function versionJson(given: ClusterVersion): JsonObject {
  const { major, minor, gitVersion, platform } = given.minor === "" ? defaultClusterVersion : given;
  return { major, minor: minorNumber(minor), gitVersion, platform };
}

const readers = new Map<string, Map<string, boolean>>();
const maxReaders = 2_000;

/** Whether a template may read a field of `context`: by name, or by taking `context` whole. */
export function readsContext(template: string, field: string): boolean {
  let known = readers.get(template);
  if (known === undefined) {
    if (readers.size >= maxReaders) readers.clear();
    known = new Map();
    readers.set(template, known);
  }
  let reads = known.get(field);
  if (reads === undefined) {
    reads = new RegExp(`\\bcontext\\s*\\.\\s*${field}\\b`).test(template) || wholeContext.test(template);
    known.set(field, reads);
  }
  return reads;
}

/** `context` without a field behind it. */
const wholeContext = /\bcontext\b(?!\s*\.\s*[A-Za-z_])/;

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
  templates: readonly string[] = ["context"],
): JsonObject {
  const seen = templates.some((template) => readsContext(template, "components")) ? app : { ...app, components: [] };
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
