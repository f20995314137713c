/** ApplicationRevisions: everything that an application is rendered from, kept under a number (kubevela-engine.md 2.4). */
import { type JsonObject, type JsonValue, isAlreadyExists, isJsonObject } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type App, appAnnotations, revisionNumber, textOf } from "../application/application.ts";
import {
  type DefinitionKind,
  type DefinitionSource,
  createDefinitionSet,
  floatingVersions,
  systemNamespace,
} from "../definition/definition-set.ts";
import { oamLabels } from "../render/metadata.ts";
import { contentHash } from "./content-hash.ts";

export const revisionApi = { apiVersion: "core.oam.dev/v1beta1", kind: "ApplicationRevision" } as const;

export interface RevisionInput {
  readonly application: KubeObject;
  readonly app: App;
  readonly definitions: DefinitionSource;
  /** External Policy and Workflow objects that the application uses. */
  readonly external: readonly KubeObject[];
}

export interface Revision {
  readonly name: string;
  readonly number: number;
  readonly hash: string;
  /** The recorded object, as it was found or made. */
  readonly object: KubeObject;
  readonly isNew: boolean;
}

/** What decides whether a revision is new: the spec, external objects and the published version, not the definitions. */
export function revisionHash({ application, app, external }: RevisionInput): string {
  return contentHash({
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

const fields: readonly (readonly [DefinitionKind, string])[] = [
  ["component", "componentDefinitions"],
  ["trait", "traitDefinitions"],
  ["policy", "policyDefinitions"],
  ["workflow-step", "workflowStepDefinitions"],
];

function usedTypes(app: App, steps: readonly JsonObject[]): Readonly<Record<string, ReadonlySet<string>>> {
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
    "workflow-step": new Set(steps.map(({ type }) => textOf(type))),
  };
}

function revisionObject(input: RevisionInput, { name, hash }: { name: string; hash: string }): KubeObject {
  const { application, app, definitions, external } = input;
  const { status: _, metadata, ...rest } = application;
  const { managedFields: __, resourceVersion: ___, uid: ____, ...own } = metadata;
  const { ["kubectl.kubernetes.io/last-applied-configuration"]: _____, ...annotations } = metadata.annotations ?? {};
  const steps = [...(app.workflow?.steps ?? []), { type: "deploy" }, { type: "apply-component" }];
  const used = usedTypes(app, steps);
  const spec: Record<string, JsonValue> = {
    application: { ...(rest as unknown as JsonObject), metadata: own as unknown as JsonObject },
  };
  for (const [kind, field] of fields) {
    const map: Record<string, JsonValue> = {};
    for (const type of used[kind]!) {
      const definition = type === "" ? undefined : definitions.find(kind, type, app.namespace);
      if (definition !== undefined) map[definition.metadata.name!] = trimmedDefinition(definition);
    }
    if (Object.keys(map).length > 0) spec[field] = map;
  }
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

/**
 * The revision of the application as it is: the latest, an older one of the same content, or a new one, which is written.
 * @param known the revisions of this application.
 */
export async function recordRevision(
  input: RevisionInput,
  { known, client, signal }: { known: readonly KubeObject[]; client: Client; signal: AbortSignal },
): Promise<Revision> {
  const { app } = input;
  const hash = revisionHash(input);
  const same = known.filter(({ metadata }) => metadata.labels?.[oamLabels.revisionHash] === hash);
  const latest = same.find(({ metadata }) => metadata.name === app.revisionName) ?? same.toSorted(byNumber).at(-1);
  if (latest !== undefined) {
    const name = latest.metadata.name!;
    return { name, number: revisionNumber(name), hash, object: latest, isNew: name !== app.revisionName };
  }
  const last = Math.max(
    0,
    revisionNumber(app.revisionName),
    ...known.map(({ metadata }) => revisionNumber(metadata.name!)),
  );
  for (let number = last + 1; ; number++) {
    const name = `${app.name}-v${number}`;
    try {
      const object = await client.create(revisionObject(input, { name, hash }), { signal });
      return { name, number, hash, object, isNew: true };
    } catch (error) {
      if (!isAlreadyExists(error) || number > last + 20) throw error;
    }
  }
}

const byNumber = (a: KubeObject, b: KubeObject): number =>
  revisionNumber(a.metadata.name!) - revisionNumber(b.metadata.name!);

/** Components are rendered by the definitions of their revision, unless the application follows them by itself. */
export function pinnedDefinitions(revision: KubeObject, app: App, live: DefinitionSource): DefinitionSource {
  if (app.annotations[appAnnotations.autoUpdate] === "true") return floatingVersions(live);
  const stored = valueAt(revision, "spec", "componentDefinitions");
  if (!isJsonObject(stored)) return live;
  const pinned = createDefinitionSet(Object.values(stored) as unknown as readonly KubeObject[]);
  return {
    find: (kind, type, namespace) =>
      (kind === "component" ? pinned.find(kind, type, namespace) : undefined) ?? live.find(kind, type, namespace),
    names: (kind, namespace) => live.names(kind, namespace),
  };
}

/** Revisions beyond the limit, oldest first; those named stay. */
export function surplusRevisions(
  known: readonly KubeObject[],
  limit: number,
  used: ReadonlySet<string>,
): readonly KubeObject[] {
  const candidates = known.filter(({ metadata }) => !used.has(metadata.name!)).toSorted(byNumber);
  return candidates.slice(0, Math.max(0, candidates.length - limit));
}
