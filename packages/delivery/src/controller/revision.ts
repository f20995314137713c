/** ApplicationRevisions: everything that an application is rendered from, kept under a number (kubevela-engine.md 2.4). */
import { type JsonObject, type JsonValue, isAlreadyExists, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type App, appAnnotations, revisionNumber, textOf } from "../application/application.ts";
import {
  type DefinitionKind,
  type DefinitionSource,
  floatingVersions,
  systemNamespace,
} from "../definition/definition-set.ts";
import { oamLabels } from "../render/metadata.ts";
import { contentHash } from "./content-hash.ts";
import type { Compression } from "./ports.ts";
import { packRevisionSpec, unpackRevision } from "./revision-content.ts";

export const revisionApi = { apiVersion: "core.oam.dev/v1beta1", kind: "ApplicationRevision" } as const;

export interface RevisionInput {
  readonly application: KubeObject;
  readonly app: App;
  readonly definitions: DefinitionSource;
  /** External Policy and Workflow objects that the application uses. */
  readonly external: readonly KubeObject[];
  /** Objects that its ref-objects components name. */
  readonly referred: readonly KubeObject[];
  /** Types of the steps that it runs, also of those that are generated. */
  readonly stepTypes: readonly string[];
}

export interface Revision {
  readonly name: string;
  readonly number: number;
  readonly hash: string;
  /** The recorded object, as it was found or made, with its whole content. */
  readonly object: KubeObject;
  readonly isNew: boolean;
}

/**
 * What decides whether a revision is new: the spec, external objects and the published version; the definitions only where
 * the application follows them (kubevela-engine.md 2.4).
 */
export function revisionHash(input: RevisionInput): string {
  const { application, app, external } = input;
  return contentHash({
    ...(followsDefinitions(app) && { definitions: usedDefinitions(input) }),
    spec: (application.spec as JsonValue | undefined) ?? null,
    publishVersion: app.annotations[appAnnotations.publishVersion] ?? "",
    external: external.map((object) => withoutServerFields(object)),
  });
}

function withoutServerFields(object: KubeObject): JsonObject {
  const { status: _, metadata, ...rest } = object;
  return {
    ...(rest as unknown as JsonObject),
    metadata: { name: metadata.name ?? "", namespace: metadata.namespace ?? "" },
  };
}

/** Whether a changed definition counts at once. */
export const followsDefinitions = (app: App): boolean => app.annotations[appAnnotations.autoUpdate] === "true";

const fields: readonly (readonly [Exclude<DefinitionKind, "workload">, string])[] = [
  ["component", "componentDefinitions"],
  ["trait", "traitDefinitions"],
  ["policy", "policyDefinitions"],
  ["workflow-step", "workflowStepDefinitions"],
];

/** Types that an application names, also in its override policies. */
export function usedTypes(
  app: App,
  stepTypes: readonly string[],
): Readonly<Record<Exclude<DefinitionKind, "workload">, ReadonlySet<string>>> {
  const overrides = app.policies
    .filter(({ type }) => type === "override")
    .flatMap(({ properties }) =>
      Array.isArray(properties?.components) ? properties.components.filter(isJsonObject) : [],
    );
  const traitTypes = (list: JsonValue | undefined): readonly string[] =>
    Array.isArray(list) ? list.filter(isJsonObject).map(({ type }) => textOf(type)) : [];
  return {
    component: new Set([...app.components.map(({ type }) => type), ...overrides.map(({ type }) => textOf(type))]),
    trait: new Set([
      ...app.components.flatMap(({ traits }) => traits.map(({ type }) => type)),
      ...overrides.flatMap(({ traits }) => traitTypes(traits)),
    ]),
    policy: new Set(app.policies.map(({ type }) => type)),
    "workflow-step": new Set(stepTypes),
  };
}

/** By field of the revision and type: `name@v2` under just that name. */
function usedDefinitions({ app, definitions, stepTypes }: RevisionInput): JsonObject {
  const used = usedTypes(app, stepTypes);
  const found: Record<string, JsonValue> = {};
  for (const [kind, field] of fields) {
    const map: Record<string, JsonValue> = {};
    for (const type of used[kind]) {
      const definition = type === "" ? undefined : definitions.find(kind, type, app.namespace);
      if (definition !== undefined) map[type] = trimmedDefinition(definition);
    }
    if (Object.keys(map).length > 0) found[field] = map;
  }
  return found;
}

function revisionObject(input: RevisionInput, { name, hash }: { name: string; hash: string }): KubeObject {
  const { application, app, external, referred } = input;
  const { status: _, metadata, ...rest } = application;
  const { managedFields: __, resourceVersion: ___, uid: ____, ...own } = metadata;
  const { ["kubectl.kubernetes.io/last-applied-configuration"]: _____, ...annotations } = metadata.annotations ?? {};
  const spec: Record<string, JsonValue> = {
    application: { ...(rest as unknown as JsonObject), metadata: own as unknown as JsonObject },
    ...usedDefinitions(input),
    ...(referred.length > 0 && { referredObjects: referred as unknown as readonly JsonObject[] }),
  };
  const policies = external.filter(({ kind }) => kind === "Policy");
  if (policies.length > 0)
    spec.policies = Object.fromEntries(
      policies.map((policy) => [
        `${policy.metadata.namespace}/${policy.metadata.name}`,
        policy as unknown as JsonObject,
      ]),
    );
  const workflow = external.find(({ kind }) => kind === "Workflow");
  if (workflow !== undefined) spec.workflow = workflow as unknown as JsonObject;
  return {
    ...revisionApi,
    metadata: {
      name,
      namespace: app.namespace,
      labels: { ...app.labels, [oamLabels.name]: app.name, [oamLabels.revisionHash]: hash },
      annotations,
      ownerReferences: [
        {
          apiVersion: application.apiVersion,
          kind: application.kind,
          name: app.name,
          uid: app.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  };
}

function trimmedDefinition(definition: KubeObject): JsonObject {
  const { name, namespace, annotations, labels } = definition.metadata;
  return {
    apiVersion: definition.apiVersion,
    kind: definition.kind,
    metadata: {
      name: name ?? "",
      namespace: namespace ?? systemNamespace,
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    },
    spec: (definition.spec as JsonValue | undefined) ?? {},
  };
}

export interface RecordTools {
  /** The revisions of this application; asked for only where the latest is another one. */
  readonly list: () => Promise<readonly KubeObject[]>;
  readonly client: Client;
  readonly compression: Compression | undefined;
  readonly signal: AbortSignal;
}

/**
 * The revision of the application as it is: the latest, an older one of the same content, or a new one, which is written.
 */
export async function recordRevision(
  input: RevisionInput,
  { list, client, compression, signal }: RecordTools,
): Promise<Revision> {
  const { app } = input;
  const hash = revisionHash(input);
  const found = (object: KubeObject): Revision => {
    const name = object.metadata.name!;
    const whole = unpackRevision(object, compression);
    return { name, number: revisionNumber(name), hash, object: whole, isNew: name !== app.revisionName };
  };
  const latest = await latestRevision(app, { client, signal });
  if (latest?.metadata.labels?.[oamLabels.revisionHash] === hash) return found(latest);
  const known = await list();
  const same = known.filter(({ metadata }) => metadata.labels?.[oamLabels.revisionHash] === hash).toSorted(byNumber);
  if (same.length > 0) return found(same.at(-1)!);
  const last = Math.max(
    0,
    revisionNumber(app.revisionName),
    ...known.map(({ metadata }) => revisionNumber(metadata.name!)),
  );
  for (let number = last + 1; ; number++) {
    const name = `${app.name}-v${number}`;
    const whole = revisionObject(input, { name, hash });
    const packed = { ...whole, spec: packRevisionSpec(whole.spec as JsonObject, compression) };
    try {
      const { metadata } = await client.create(packed, { signal });
      return { name, number, hash, object: { ...whole, metadata }, isNew: true };
    } catch (error) {
      if (!isAlreadyExists(error) || number > last + 20) throw error;
    }
  }
}

/** The object that the status names as the latest, as it is stored. */
export async function latestRevision(
  app: App,
  { client, signal }: { readonly client: Client; readonly signal: AbortSignal },
): Promise<KubeObject | undefined> {
  if (app.revisionName === "") return undefined;
  const reference = { ...revisionApi, namespace: app.namespace, name: app.revisionName };
  return client.get(reference, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

const byNumber = (a: KubeObject, b: KubeObject): number =>
  revisionNumber(a.metadata.name!) - revisionNumber(b.metadata.name!);

/**
 * An application is rendered with the definitions of its revision, whatever has become of them since; one that follows its
 * definitions sees them as they are.
 */
export function pinnedDefinitions(revision: KubeObject, app: App, live: DefinitionSource): DefinitionSource {
  return followsDefinitions(app) ? floatingVersions(live) : storedDefinitions(revision, live);
}

/** Definitions as the revision keeps them; those that it has not got are taken from `live`. */
export function storedDefinitions(revision: KubeObject, live: DefinitionSource): DefinitionSource {
  const stored = new Map<string, KubeObject>();
  for (const [kind, field] of fields) {
    const map = valueAt(revision, "spec", field);
    if (!isJsonObject(map)) continue;
    for (const [type, definition] of Object.entries(map))
      if (isJsonObject(definition)) stored.set(`${kind}/${type}`, definition as unknown as KubeObject);
  }
  return {
    find(kind, type, namespace) {
      const at = type.indexOf("@");
      const named = at < 0 ? undefined : stored.get(`${kind}/${type.slice(0, at)}`);
      return stored.get(`${kind}/${type}`) ?? named ?? live.find(kind, type, namespace);
    },
    names: (kind, namespace) => live.names(kind, namespace),
  };
}

/** What a revision keeps of the world beside the definitions. */
export interface StoredInput {
  readonly spec: JsonObject;
  readonly external: readonly KubeObject[];
  readonly referred: readonly KubeObject[];
}

export function storedInput(revision: KubeObject): StoredInput | undefined {
  const spec = valueAt(revision, "spec", "application", "spec");
  if (!isJsonObject(spec)) return undefined;
  const policies = valueAt(revision, "spec", "policies");
  const workflow = valueAt(revision, "spec", "workflow");
  const referred = valueAt(revision, "spec", "referredObjects");
  const external = [
    ...(isJsonObject(workflow) ? [workflow] : []),
    ...(isJsonObject(policies) ? Object.values(policies).filter(isJsonObject) : []),
  ];
  return {
    spec,
    external: external as unknown as readonly KubeObject[],
    referred: (Array.isArray(referred) ? referred : []) as unknown as readonly KubeObject[],
  };
}

/** Names the revision that the application was taken back to: everything comes from it until the spec is another one. */
export const rolledBackAnnotation = "lateen.dev/rolled-back-to";

/** Revisions beyond the limit, oldest first; those named stay. */
export function surplusRevisions(
  known: readonly KubeObject[],
  limit: number,
  used: ReadonlySet<string>,
): readonly KubeObject[] {
  const candidates = known.filter(({ metadata }) => !used.has(metadata.name!)).toSorted(byNumber);
  return candidates.slice(0, Math.max(0, candidates.length - limit));
}
